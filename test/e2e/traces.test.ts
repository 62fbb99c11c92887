/** A trace from a frame at a real agent to its committed record at a real hub, as a collector gets it. */
import { expect, test } from 'vitest';
import { writeClip, writeWalkerPackage } from '../support/clip.ts';
import { otlpSink } from '../support/otlp-sink.ts';
import { configureAgent, startAgent, startHub } from '../support/stack.ts';
import { tempFolder } from '../support/temp.ts';
import { until } from '../support/until.ts';

test('spans of frame, outbox, uplink and ingest hang together, and logs have their ids', {
  timeout: 120_000,
}, async () => {
  const folder = tempFolder();
  const sink = await otlpSink();
  const hub = await startHub(folder, undefined, ['--otlp-endpoint', sink.endpoint, '--log-level', 'debug']);
  const file = await configureAgent(folder, hub, {
    log: 'debug',
    traces: { endpoint: sink.endpoint, sample: 1 },
    models: { walker: writeWalkerPackage(folder) },
    streams: {
      street: {
        source: { url: await writeClip(folder, { frames: 110, fps: 60 }), loop: true },
        model: 'walker',
        summaryS: 1,
        rules: [
          {
            kind: 'line',
            name: 'middle',
            points: [
              [0.5, 0],
              [0.5, 1],
            ],
          },
        ],
      },
    },
  });
  const agent = startAgent(file);
  const whole = () => {
    const roots = sink.spans.filter(
      ({ name, attributes }) => name === 'record' && attributes['vedette.record.kind'] === 'event',
    );
    for (const root of roots) {
      const children = sink.spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
      const of = (name: string) => children.find((one) => one.name === name);
      const [analyse, outbox, uplink, ingest] = [of('analyse'), of('outbox'), of('uplink'), of('ingest')];
      if (analyse && outbox && uplink && ingest) return { root, analyse, outbox, uplink, ingest };
    }
    return undefined;
  };
  const found = await until(whole, 'a whole trace', 60_000);
  const { root, analyse, outbox, uplink, ingest } = found;
  for (const span of [analyse, outbox, uplink, ingest]) {
    expect(span.traceId).toBe(root.traceId);
    expect(span.endTimeUnixNano >= span.startTimeUnixNano, span.name).toBe(true);
  }
  expect(root.resource).toMatchObject({ 'service.name': 'vedette-agent', 'service.instance.id': 'box' });
  expect(ingest.resource).toMatchObject({ 'service.name': 'vedette-hub' });
  expect(ingest.attributes).toMatchObject({ 'vedette.device': 'box' });
  expect(root.startTimeUnixNano).toBe(analyse.startTimeUnixNano);
  expect(analyse.endTimeUnixNano > analyse.startTimeUnixNano).toBe(true);
  agent.process.kill('SIGTERM');
  const said = await agent.ended;
  expect(said.code).toBe(0);
  expect(said.stderr).toContain(`"trace_id":"${root.traceId}"`);
  hub.started.process.kill('SIGTERM');
  expect((await hub.started.ended).stderr).toContain(`"trace_id":"${root.traceId}"`);
});
