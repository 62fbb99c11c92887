import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, onTestFinished, test } from 'vitest';
import { probeRoutes } from '../../../../agent/api/routes/probes.ts';
import { Progress } from '../../../../agent/health/progress.ts';
import type { StreamReport, StreamState } from '../../../../shared/contract/messages/report.ts';
import { problemHandler } from '../../../../shared/http/problems.ts';

/** Plays states of streams; what does a probe say after each? */
async function probe(route: string, ...looks: readonly Record<string, StreamState>[]): Promise<string[]> {
  let streams: StreamReport[] = [];
  const app = Fastify();
  onTestFinished(() => app.close());
  app.setErrorHandler(problemHandler('the agent'));
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const outbox = { state: () => ({ waiting: 0, bytes: 0, oldestMs: undefined, blocked: undefined }) as never };
  const progress = new Progress();
  await app.register(probeRoutes({ streams: () => streams, outbox, heldBack: () => progress.look(streams) }));
  const found: string[] = [];
  for (const states of looks) {
    streams = Object.entries(states).map(([id, state]) => ({ id, state, source: 'x', fps: 1, rules: [] }));
    const { statusCode, body } = await app.inject(route);
    const parsed: unknown = JSON.parse(body);
    const detail =
      typeof parsed === 'object' && parsed !== null && 'detail' in parsed ? `: ${String(parsed.detail)}` : '';
    found.push(`${statusCode}${detail}`);
  }
  return found;
}

test('livez: a stream that gave frames and gives none any more, until it gives some again; a camera that is away is none', async () => {
  expect(
    await probe(
      '/livez',
      { gate: 'starting', yard: 'stalled' },
      { gate: 'running', yard: 'stalled' },
      { gate: 'stalled', yard: 'waiting' },
      { gate: 'running', yard: 'waiting' },
      { gate: 'waiting', yard: 'waiting' },
    ),
  ).toEqual(['200', '200', '503: gave frames, and give none any more: gate', '200', '200']);
});

test('readyz: not while a stream starts or is open and gives nothing; one that waits for its camera is as ready as it can be', async () => {
  expect(
    await probe(
      '/readyz',
      { gate: 'starting', yard: 'running' },
      { gate: 'stalled', yard: 'running' },
      { gate: 'waiting', yard: 'running' },
      { gate: 'running', yard: 'ended', bad: 'refused' },
    ),
  ).toEqual(['503: 1 streams are starting', '503: open, and give nothing: gate', '200', '200']);
});
