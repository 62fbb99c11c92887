import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Summary } from '../../../../cloud-hub/api/schemas/api.ts';
import { MAX_LABELS, OTHER, Series, timeRanges } from '../../../../cloud-hub/dashboard/state/series.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const [quarter] = timeRanges;

function summary(id: string, endMs: number, over: Partial<Summary> = {}): Summary {
  return {
    id,
    device: 'gate',
    stream: 'door',
    at: new Date(endMs).toISOString(),
    intervalMs: 10_000,
    frames: 250,
    inferred: 100,
    gated: 0,
    dropped: 0,
    failed: 0,
    labels: { person: 200 },
    tracks: { person: 5 },
    scores: [],
    latencyMs: { p50: 20, p95: 40, max: 50 },
    ...over,
  };
}

const present = (column: readonly (number | null)[] | undefined) => (column ?? []).filter((value) => value !== null);

test('steady summaries give steady rates, however they fall on the buckets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 14_999 }), fc.integer({ min: 1000, max: 60_000 }), (offset, intervalMs) => {
      const series = new Series(quarter);
      for (let end = NOW - quarter.spanMs - offset, n = 0; end <= NOW; end += intervalMs, n++) {
        const inferred = intervalMs / 100;
        const labels = { person: 2 * inferred };
        series.add(summary(String(n), end, { intervalMs, inferred, labels, tracks: { person: intervalMs / 2000 } }));
      }
      const view = series.view(NOW);
      expect(present(view.fps).length).toBeGreaterThan(50);
      for (const fps of present(view.fps)) expect(fps).toBeCloseTo(10, 6);
      for (const inView of present(view.inView.get('person'))) expect(inView).toBeCloseTo(2, 6);
      for (const begun of present(view.begun.get('person'))) expect(begun).toBeCloseTo(30, 6);
      for (const p95 of present(view.p95)) expect(p95).toBeCloseTo(40, 6);
    }),
    { numRuns: 30 },
  );
});

test('a time without summaries is a gap, a summary without frames a zero', () => {
  const series = new Series(quarter);
  series.add(summary('a', NOW - 60_000, { inferred: 0, labels: {} }));
  const { fps, p50, times } = series.view(NOW);
  expect(times).toHaveLength(60);
  expect(present(fps)).toEqual(present(fps).map(() => 0));
  expect(present(fps).length).toBeLessThanOrEqual(2);
  expect(present(p50).every((value) => value === 0)).toBe(true);
});

test('an id counts once, whether it came by page or by feed', () => {
  const series = new Series(quarter);
  for (let i = 0; i < 3; i++) series.add(summary('same', NOW - 15_000));
  expect(Math.max(...present(series.view(NOW).fps))).toBeCloseTo(10, 6);
});

test('the rarest labels are summed up as one line', () => {
  const labels = Object.fromEntries(Array.from({ length: MAX_LABELS + 3 }, (_, i) => [`label-${i}`, 100 * (20 - i)]));
  const series = new Series(quarter);
  series.add(summary('a', NOW - 15_000, { labels }));
  const { inView } = series.view(NOW);
  expect(inView.size).toBe(MAX_LABELS + 1);
  const sum = [...inView.values()].reduce((total, column) => total + Math.max(...present(column)), 0);
  expect(sum).toBeCloseTo(Object.values(labels).reduce((a, b) => a + b, 0) / 100, 6);
  expect([...inView.keys()].at(-1)).toBe(OTHER);
});

test('a month of summaries leaves no more than the range', () => {
  const series = new Series(quarter);
  for (let n = 0; n < 30; n++) series.add(summary(String(n), NOW + n * 86_400_000));
  expect(present(series.view(NOW + 29 * 86_400_000).fps).length).toBeLessThanOrEqual(2);
  // One that claims an interval of ten years is cut to what can be drawn.
  series.add(summary('long', NOW + 29 * 86_400_000, { intervalMs: 3.2e11 }));
  expect(series.view(NOW + 29 * 86_400_000).times).toHaveLength(60);
});
