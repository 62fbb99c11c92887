import { expect, it } from 'vitest';
import { createStepTraces } from '../../../agent/traces/step-traces.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createTracing } from '../../../shared/kit/otel.ts';
import { traceIdOf, traceOfDocument, traceparentOf } from '../../../shared/kit/tracing.ts';
import { keptLog } from '../../support/kept-log.ts';
import { otlpSink } from '../../support/otlp-sink.ts';

const open = (endpoint: string, sample = 1, log = keptLog().log) =>
  createTracing({
    endpoint,
    sample,
    headers: { authorization: 'Bearer t' },
    resource: { 'service.name': 'vedette-test' },
    clock: systemClock,
    log,
  });

it('sends spans with their parents, times and attributes, as the published schema says', async () => {
  const sink = await otlpSink();
  const tracing = open(sink.endpoint);
  const root = tracing.root('record', 1_000.25, { 'vedette.device': 'cam', n: 3 });
  const trace = root?.traceparent ?? '';
  expect(traceparentOf(trace)).toBe(trace);
  tracing.span(trace, 'outbox', Date.UTC(2026, 5, 1), {}).end(Date.UTC(2026, 5, 1) + 2.5, 'disk full');
  root?.end(1_001);
  await tracing.stop();
  const [outbox, record] = ['outbox', 'record'].map((name) => sink.spans.find((one) => one.name === name));
  expect(record).toMatchObject({
    traceId: traceIdOf(trace),
    startTimeUnixNano: 1_000_250_000n,
    endTimeUnixNano: 1_001_000_000n,
    attributes: { 'vedette.device': 'cam', n: 3 },
    resource: { 'service.name': 'vedette-test' },
  });
  expect(record?.parentSpanId ?? '').toBe('');
  expect(outbox).toMatchObject({ parentSpanId: record?.spanId, status: { code: 'ERROR', message: 'disk full' } });
  expect(Number((outbox?.endTimeUnixNano ?? 0n) - (outbox?.startTimeUnixNano ?? 0n))).toBe(2_500_000);
  expect(sink.headers[0]).toMatchObject({ authorization: 'Bearer t' });
});

it('samples the part that it is told, and documents always', async () => {
  const sink = await otlpSink();
  const tracing = open(sink.endpoint, 0.25);
  const roots = Array.from({ length: 2_000 }, () => tracing.root('record', 1, {}));
  const sampled = roots.filter((one) => one !== undefined).length;
  expect(sampled).toBeGreaterThan(350);
  expect(sampled).toBeLessThan(650);
  expect(open(sink.endpoint, 0).root('record', 1, {})).toBeUndefined();
  const steps = createStepTraces(open(sink.endpoint, 0), 'cam', systemClock);
  expect(steps.idsOf('sha256:1')).toEqual({ trace_id: traceIdOf(traceOfDocument('cam', 'sha256:1')) });
});

it('each step towards a document is a span of a trace that hub and device know, failures with their reason', async () => {
  const sink = await otlpSink();
  const tracing = open(sink.endpoint, 0);
  const steps = createStepTraces(tracing, 'cam', systemClock);
  steps.accepted('sha256:1');
  await steps.around('sha256:1', 'swap', { 'vedette.model': 'm' }, async () => undefined);
  const failing = steps.around('sha256:1', 'fetch', {}, () => Promise.reject(new Error('no room')));
  await expect(failing).rejects.toThrow('no room');
  await steps.around(undefined, 'collect', {}, async () => undefined);
  await tracing.stop();
  const trace = traceOfDocument('cam', 'sha256:1');
  expect(sink.spans.map(({ name }) => name).toSorted()).toEqual(['desired document', 'fetch', 'swap']);
  for (const one of sink.spans) expect(one.traceId).toBe(traceIdOf(trace));
  const root = sink.spans.find(({ name }) => name === 'desired document');
  expect(root?.spanId).toBe(trace.slice(36, 52));
  expect(root?.parentSpanId ?? '').toBe('');
  for (const name of ['fetch', 'swap'])
    expect(sink.spans.find((one) => one.name === name)?.parentSpanId).toBe(root?.spanId);
  expect(sink.spans.find(({ name }) => name === 'fetch')?.status).toEqual({ code: 'ERROR', message: 'no room' });
});

it('a collector that is not there costs a line of the log, and nothing else', async () => {
  const { log, lines } = keptLog();
  const tracing = open('http://127.0.0.1:9/v1/traces', 1, log);
  for (let i = 0; i < 10; i++) tracing.root('record', 1, {})?.end(2);
  await tracing.stop();
  expect(lines.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(1);
});

it('takes no context that is none', () => {
  const good = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  expect(traceparentOf(good)).toBe(good);
  const bad = [
    undefined,
    1,
    '',
    good.toUpperCase(),
    `${good}x`,
    good.replace('-01', '-00'),
    good.replace('00-', '01-'),
    good.replaceAll('a', '0'),
    good.replaceAll('b', '0'),
  ];
  for (const one of bad) expect(traceparentOf(one)).toBeUndefined();
});
