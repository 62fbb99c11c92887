import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Summary } from '../../../../cloud-hub/contract/summary.ts';
import { timeRanges } from '../../../../cloud-hub/dashboard/charts/time-range.ts';
import { MAX_LABELS, OTHER, SummarySeries } from '../../../../cloud-hub/dashboard/device/summary-series.ts';

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

type Columns = readonly (number | null)[] | undefined;
const present = (column: Columns) => (column ?? []).filter((value) => value !== null);

test('steady summaries give steady rates, however they fall on the buckets', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 14_999 }), fc.integer({ min: 1000, max: 60_000 }), (offset, intervalMs) => {
      const series = new SummarySeries(quarter);
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
      for (const p50 of present(view.p50)) expect(p50).toBeCloseTo(20, 6);
      for (const p95 of present(view.p95)) expect(p95).toBeCloseTo(40, 6);
    }),
    { numRuns: 30 },
  );
});

test('what is asked for and left out, where a stream asks for a rate', () => {
  const series = new SummarySeries(quarter);
  series.add(summary('a', NOW - 15_000, { intervalMs: 15_000 }));
  series.add(summary('b', NOW, { intervalMs: 15_000, inferred: 75, thinned: 300, askedFps: 5 }));
  const view = series.view(NOW);
  expect(view.asked.slice(-3)).toEqual([null, 5, null]);
  expect(view.thinned.slice(-3)).toEqual([0, 20, null]);
});

test('a summary is spread over the buckets it touches, weighted by its frames', () => {
  const series = new SummarySeries(quarter);
  // Buckets of 15 s end at NOW - 15 s and NOW: this one lies with 5 s in the first and 10 s in the second.
  series.add(summary('a', NOW - 5000, { intervalMs: 15_000, inferred: 150, labels: { car: 300 }, tracks: { car: 3 } }));
  // And this one, slower and of twice the frames, fills the rest of the second.
  series.add(
    summary('b', NOW, {
      intervalMs: 5000,
      inferred: 200,
      labels: { car: 200 },
      tracks: {},
      latencyMs: { p50: 50, p95: 100, max: 0 },
    }),
  );
  const { times, fps, inView, begun, p50, p95 } = series.view(NOW - 1);
  const lastTwo = (column: Columns) => (column ?? []).slice(-2);
  expect(lastTwo(times)).toEqual([(NOW - 22_500) / 1000, (NOW - 7500) / 1000]);
  expect(present(fps)).toEqual(lastTwo(fps));
  expect(lastTwo(fps)).toEqual([10, 20]);
  expect(lastTwo(inView.get('car'))).toEqual([2, 400 / 300]);
  expect(lastTwo(begun.get('car'))).toEqual([12, 8]);
  expect(lastTwo(p50)).toEqual([20, (20 * 100 + 50 * 200) / 300]);
  expect(lastTwo(p95)).toEqual([40, (40 * 100 + 100 * 200) / 300]);
});

test('a summary that ends with a bucket does not touch the next', () => {
  const series = new SummarySeries(quarter);
  series.add(summary('a', NOW - 15_000, { intervalMs: 15_000 }));
  const { fps, times } = series.view(NOW - 1);
  expect(fps.flatMap((value, i) => (value === null ? [] : [times[i]]))).toEqual([(NOW - 22_500) / 1000]);
});

test('a time without summaries is a gap, a summary without frames a zero', () => {
  const series = new SummarySeries(quarter);
  series.add(summary('a', NOW - 60_000, { inferred: 0, labels: { person: 0 } }));
  const { fps, p50, inView, times } = series.view(NOW);
  expect(times).toHaveLength(60);
  expect(times.at(0)).toBe((NOW - quarter.spanMs + 22_500) / 1000);
  expect(times.at(-1)).toBe((NOW + 7500) / 1000);
  for (const column of [fps, p50, inView.get('person')]) expect(present(column)).toEqual([0]);
  expect(column(fps)).toEqual(column(p50));
  function column(values: Columns) {
    return (values ?? []).map((value) => value === null);
  }
});

test('an interval of no length, as a stream that has just begun reports, counts as one millisecond', () => {
  const series = new SummarySeries(quarter);
  series.add(summary('a', NOW - 1, { intervalMs: 0, inferred: 1 }));
  const [fps] = present(series.view(NOW).fps);
  expect(fps).toBe(1000);
});

test('an id counts once, whether it came by page or by feed', () => {
  const series = new SummarySeries(quarter);
  for (let i = 0; i < 3; i++) series.add(summary('same', NOW - 15_000));
  expect(Math.max(...present(series.view(NOW).fps))).toBeCloseTo(10, 6);
  // Not forgotten by a redraw either.
  series.add(summary('same', NOW - 15_000));
  expect(Math.max(...present(series.view(NOW).fps))).toBeCloseTo(10, 6);
});

test('the rarest labels are summed up as one line; the others keep the order of their names', () => {
  const names = Array.from({ length: MAX_LABELS + 3 }, (_, i) => `label-${String.fromCharCode(122 - i)}`);
  const labels = Object.fromEntries(names.map((name, i) => [name, 100 * (20 - i)]));
  const series = new SummarySeries(quarter);
  series.add(summary('a', NOW - 15_000, { labels }));
  series.add(summary('b', NOW - 60_000, { labels: {} }));
  const { inView } = series.view(NOW);
  expect([...inView.keys()]).toEqual([...names.slice(0, MAX_LABELS).sort(), OTHER]);
  for (const [name, wanted] of [
    [names[0], 20],
    [names[7], 13],
    [OTHER, 12 + 11 + 10],
  ] as const)
    expect(Math.max(...present(inView.get(name ?? '')))).toBeCloseTo(wanted, 6);
  // Where nothing of a label was found there is a zero, not a gap.
  expect(Math.min(...present(inView.get(OTHER)))).toBe(0);
});

test('as many labels as have lines leave no other; of equally frequent ones the names decide', () => {
  const names = Array.from({ length: MAX_LABELS + 1 }, (_, i) => `label-${i}`);
  const keysOf = (count: number) => {
    const series = new SummarySeries(quarter);
    const labels = Object.fromEntries(names.slice(0, count).map((name) => [name, 100]));
    series.add(summary('a', NOW - 15_000, { labels: Object.fromEntries(Object.entries(labels).reverse()) }));
    return [...series.view(NOW).inView.keys()];
  };
  expect(keysOf(MAX_LABELS)).toEqual(names.slice(0, MAX_LABELS));
  expect(keysOf(MAX_LABELS + 1)).toEqual([...names.slice(0, MAX_LABELS), OTHER]);
});

test('a month of summaries leaves no more than the range, and none of its labels', () => {
  const series = new SummarySeries(quarter);
  for (let n = 0; n < 30; n++) {
    series.add(summary(String(n), NOW + n * 86_400_000, { labels: { [`label-${n}`]: 1 } }));
    series.view(NOW + n * 86_400_000);
  }
  const last = NOW + 29 * 86_400_000;
  expect(present(series.view(last).fps).length).toBeLessThanOrEqual(2);
  expect([...series.view(last).inView.keys()]).toEqual(['label-29']);
  // One that claims an interval of ten years is cut to what can be drawn.
  series.add(summary('long', last, { intervalMs: 3.2e11, inferred: 3.2e8 }));
  const { times, fps } = series.view(last - 1);
  expect(times).toHaveLength(60);
  expect(present(fps)).toHaveLength(60);
  expect(fps[5]).toBeCloseTo(1, 6);
});

test('what a clock a little ahead sent is drawn when its time has come; what a wild one sent is forgotten', () => {
  const series = new SummarySeries(quarter);
  series.add(summary('fast', NOW + 60_000));
  series.add(summary('wild', NOW + 365 * 86_400_000, { labels: { ghost: 1 } }));
  expect(present(series.view(NOW).fps)).toEqual([]);
  expect([...series.view(NOW).inView.keys()]).toEqual(['person']);
  expect(present(series.view(NOW + 60_000).fps).length).toBeGreaterThan(0);
  expect(present(series.view(NOW + 365 * 86_400_000).fps)).toEqual([]);
});
