import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SummaryBody } from '../../../agent/pipeline/outputs.ts';
import { createService } from '../../../agent/reconcile/service.ts';
import type { Slot } from '../../../agent/reconcile/state.ts';

const empty: Slot = { name: 'walker', version: '1.0.0', serviceMs: 0, frames: 0, errors: 0 };
const bins = (first: number, last = 0) => [first, 0, 0, 0, 0, 0, 0, 0, 0, last];
const summary = (more: Partial<SummaryBody>): SummaryBody => ({
  kind: 'summary',
  stream: 'gate',
  intervalMs: 1000,
  frames: 100,
  inferred: 10,
  gated: 0,
  dropped: 0,
  failed: 0,
  labels: {},
  tracks: {},
  scores: bins(0),
  latencyMs: { p50: 10, p95: 20, max: 30 },
  ...more,
});

test('figures add up over summaries and resets; latencies are weighted by the frames that were inferred', () => {
  const service = createService();
  service.summary(
    'a',
    summary({ inferred: 30, failed: 2, scores: bins(1, 4), latencyMs: { p50: 10, p95: 20, max: 99 }, prepareMs: 2 }),
  );
  service.summary(
    'a',
    summary({ inferred: 10, failed: 1, scores: bins(2, 1), latencyMs: { p50: 30, p95: 60, max: 99 }, prepareMs: 6 }),
  );
  service.error('a');
  const times = { latencyMs: { p50: 15, p95: 30 }, prepareMs: 3 };
  const seen = { ...empty, serviceMs: 700, frames: 40, errors: 4, scores: bins(3, 5), ...times };
  expect(service.view('a', empty, 700)).toEqual(seen);
  // Looking takes nothing away, a reset does.
  expect(service.view('a', empty, 700)).toEqual(seen);
  service.reset('a');
  expect(service.view('a', seen, 300)).toEqual({ ...seen, serviceMs: 1000 });
  service.summary(
    'a',
    summary({ inferred: 40, failed: 0, scores: bins(1, 0), latencyMs: { p50: 45, p95: 90, max: 99 } }),
  );
  expect(service.view('a', seen, 0)).toEqual({
    ...seen,
    frames: 80,
    scores: bins(4, 5),
    latencyMs: { p50: 30, p95: 60 },
  });
});

test('models are counted apart; a reset forgets what came for the one before, and only that', () => {
  const service = createService();
  service.summary('a', summary({ failed: 3 }));
  service.summary('b', summary({ inferred: 7 }));
  service.error('b');
  service.reset('a');
  expect(service.view('a', empty, 5)).toEqual({ ...empty, serviceMs: 5, scores: bins(0) });
  expect(service.view('b', empty, 5)).toMatchObject({ frames: 7, errors: 1 });
});

test('before the first frame there is no latency, with errors or without', () => {
  const service = createService();
  service.error('a');
  expect(service.view('a', empty, 0)).toEqual({ ...empty, errors: 1, scores: bins(0) });
  service.summary('a', summary({ inferred: 0, failed: 5, latencyMs: { p50: 0, p95: 0, max: 0 } }));
  expect(service.view('a', empty, 0)).toEqual({ ...empty, errors: 6, scores: bins(0) });
  // A slot that has latencies and gets no frame keeps them.
  const slot = { ...empty, frames: 5, latencyMs: { p50: 7, p95: 9 } };
  expect(service.view('a', slot, 0).latencyMs).toEqual({ p50: 7, p95: 9 });
});

test('however summaries are cut by resets, the figures are the same', () => {
  const one = fc.record({
    inferred: fc.integer({ min: 0, max: 50 }),
    p50: fc.integer({ min: 1, max: 50 }),
    take: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), (summaries) => {
      const [cut, whole] = [createService(), createService()];
      let slot = empty;
      for (const { inferred, p50, take } of summaries) {
        const figures = summary({ inferred, scores: bins(inferred), latencyMs: { p50, p95: 3 * p50, max: 500 } });
        for (const service of [cut, whole]) service.summary('a', figures);
        if (!take) continue;
        slot = cut.view('a', slot, 10);
        cut.reset('a');
      }
      slot = cut.view('a', slot, 10);
      const expected = whole.view('a', empty, 10);
      expect([slot.frames, slot.scores]).toEqual([expected.frames, expected.scores]);
      expect(slot.latencyMs?.p50 ?? 0).toBeCloseTo(expected.latencyMs?.p50 ?? 0, 6);
      expect(slot.latencyMs?.p95 ?? 0).toBeCloseTo(3 * (expected.latencyMs?.p50 ?? 0), 6);
    }),
  );
});
