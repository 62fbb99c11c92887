import { expect, test } from 'vitest';
import { createTallies } from '../../../agent/health/tallies.ts';
import type { SummaryBody } from '../../../agent/pipeline/outputs.ts';

const summary = (rest: Partial<SummaryBody>): SummaryBody => ({
  kind: 'summary',
  stream: 's',
  intervalMs: 1000,
  frames: 10,
  inferred: 6,
  gated: 1,
  dropped: 2,
  thinned: 4,
  failed: 1,
  labels: {},
  tracks: {},
  scores: new Array<number>(10).fill(0),
  latencyMs: { p50: 5, p95: 9, max: 12 },
  ...rest,
});

test('totals add up; the latency is that of the last interval with results', () => {
  const tallies = createTallies();
  tallies.summary(summary({}));
  tallies.summary(summary({ latencyMs: { p50: 7, p95: 8, max: 9 } }));
  tallies.summary(summary({ inferred: 0, latencyMs: { p50: 0, p95: 0, max: 0 } }));
  tallies.summary(summary({ stream: 'other' }));
  // A runner of before does not count them.
  tallies.summary(summary({ frames: 0, inferred: 0, gated: 0, dropped: 0, failed: 0, thinned: undefined }));
  expect(tallies.of('s')).toEqual({
    totals: { frames: 30, inferred: 12, gated: 3, dropped: 6, thinned: 12, failed: 3 },
    latencyMs: { p50: 7, p95: 8, max: 9 },
    lastError: undefined,
  });
});

test('problems are counted by code over everything; a stream keeps its last', () => {
  const tallies = createTallies();
  tallies.problem({ code: 'source-open', message: 'first', stream: 's', count: 1 }, 1);
  tallies.problem({ code: 'source-open', message: 'second', stream: 's', count: 3 }, 2);
  tallies.problem({ code: 'outbox-full', message: 'disk', count: 1 }, 3);
  expect(tallies.of('s').lastError).toEqual({ code: 'source-open', message: 'second', wall: 2 });
  expect(Object.fromEntries(tallies.errors())).toEqual({ 'source-open': 4, 'outbox-full': 1 });
  expect(tallies.of('unheard').lastError).toBeUndefined();
});
