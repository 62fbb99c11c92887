import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading, ReadingBucket } from '../../../../cloud-hub/api/schemas/api.ts';
import { MAX_CHANNELS, ReadingSeries, readingRanges } from '../../../../cloud-hub/dashboard/state/reading-series.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const [quarter, , day] = readingRanges;

function reading(at: number, over: Partial<Reading> = {}): Reading {
  const iso = new Date(at).toISOString();
  const said = { score: 1, threshold: 2, anomalous: false, values: { temperature: 80 } };
  return {
    id: String(at),
    device: 'box',
    stream: 'motor',
    at: iso,
    receivedAt: iso,
    clock: 'synced',
    ...said,
    ...over,
  };
}

const present = (column: readonly (number | null)[] | undefined) => (column ?? []).filter((value) => value !== null);
const breaks = (column: readonly (number | null)[]) => column.slice(1, -1).filter((value) => value === null).length;

/** What the hub makes of readings, as its API describes it. */
function bucketsOf(readings: readonly Reading[], bucketMs: number): ReadingBucket[] {
  const groups = new Map<number, Reading[]>();
  for (const one of readings) {
    const index = Math.floor(Date.parse(one.at) / bucketMs);
    groups.set(index, [...(groups.get(index) ?? []), one]);
  }
  return [...groups].map(([index, group]) => {
    const last = group.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1);
    return {
      at: new Date(index * bucketMs).toISOString(),
      readings: group.length,
      anomalous: group.filter(({ anomalous }) => anomalous).length,
      score: Math.max(...group.map(({ score }) => score ?? 0)),
      threshold: last?.threshold,
      values: last?.values,
    };
  });
}

const history = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: NOW - quarter.spanMs, max: NOW }),
    score: fc.double({ min: 0, max: 9, noNaN: true }),
  }),
  { selector: ({ at }) => at, maxLength: 60 },
);

test('read back or heard, once or twice, in any order: the same picture', () => {
  fc.assert(
    fc.property(history, fc.nat({ max: 60 }), (taken, split) => {
      const all = taken.map(({ at, score }) =>
        reading(at, { score, anomalous: score >= 2, threshold: at % 7, values: { temperature: at % 11 } }),
      );
      const heard = new ReadingSeries(quarter);
      for (const one of all) heard.add(one);
      const both = new ReadingSeries(quarter);
      // The feed is heard while the course is still being read.
      for (const one of all.slice(split)) both.add(one);
      for (const bucket of bucketsOf(all, quarter.bucketMs)) both.addBucket(bucket);
      for (const one of all.toReversed()) both.add(one);
      expect(both.view(NOW)).toEqual(heard.view(NOW));
    }),
    { numRuns: 60 },
  );
});

test('times rise from one end of the range to the other, and every column is as long', () => {
  fc.assert(
    fc.property(history, (taken) => {
      const series = new ReadingSeries(quarter);
      for (const { at, score } of taken) series.add(reading(at, { score }));
      const { times, score, threshold, values, anomalous } = series.view(NOW);
      expect(times[0]).toBe((NOW - quarter.spanMs) / 1000);
      expect(times.at(-1)).toBe(NOW / 1000);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const column of [score, threshold, anomalous, ...values.values()]) expect(column).toHaveLength(times.length);
    }),
    { numRuns: 60 },
  );
});

test('a short anomaly is not averaged away', () => {
  const series = new ReadingSeries(day);
  for (let s = 0; s < 3600; s++) {
    const isOdd = s === 1800;
    series.add(reading(NOW - s * 1000, { score: isOdd ? 50 : 1, anomalous: isOdd }));
  }
  const { score, anomalous } = series.view(NOW);
  expect(Math.max(...present(score))).toBe(50);
  expect(anomalous.filter(Boolean)).toHaveLength(1);
});

test.each([500, 1000, 20_000, 60_000])('a sensor that speaks each %i ms draws an unbroken line', (every) => {
  const series = new ReadingSeries(quarter);
  for (let ago = 0; ago < quarter.spanMs; ago += every) series.add(reading(NOW - ago));
  const { score } = series.view(NOW);
  expect(breaks(score)).toBe(0);
  expect(present(score).length).toBeGreaterThan(10);
});

test('a silence unlike the others breaks the line', () => {
  const series = new ReadingSeries(quarter);
  for (let s = 0; s < 600; s++) if (s < 200 || s > 300) series.add(reading(NOW - s * 1000));
  expect(breaks(series.view(NOW).score)).toBe(1);
});

test('what is missing is a gap in its own line only', () => {
  const series = new ReadingSeries(quarter);
  series.add(reading(NOW - 60_000, { threshold: undefined, values: undefined }));
  series.add(reading(NOW - 58_000, { score: undefined, values: { temperature: 0 } }));
  const { score, threshold, values } = series.view(NOW);
  expect(score).toEqual([null, 1, null, null]);
  expect(threshold).toEqual([null, null, 2, null]);
  expect(values.get('temperature')).toEqual([null, null, 0, null]);
});

test('a fast clock is shown when its time has come; a wild one is forgotten', () => {
  const series = new ReadingSeries(quarter);
  series.add(reading(NOW + 10_000));
  series.add(reading(NOW + 365 * 86_400_000));
  expect(present(series.view(NOW).score)).toEqual([]);
  expect(present(series.view(NOW + 12_000).score)).toEqual([1]);
  expect(present(series.view(NOW + 365 * 86_400_000).score)).toEqual([]);
});

test('a month leaves no more than the range, and hundreds of channels a few lines', () => {
  const series = new ReadingSeries(quarter);
  const values = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`c${n}`, n]));
  for (let n = 0; n < 30; n++) {
    series.add(reading(NOW + n * 86_400_000, { values }));
    series.view(NOW + n * 86_400_000);
  }
  const view = series.view(NOW + 29 * 86_400_000);
  expect(present(view.score)).toHaveLength(1);
  expect(view.values.size).toBe(MAX_CHANNELS);
});
