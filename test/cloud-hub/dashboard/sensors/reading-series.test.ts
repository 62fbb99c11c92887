import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading, ReadingBucket } from '../../../../cloud-hub/contract/reading.ts';
import { MAX_CHANNELS, ReadingSeries, readingRanges } from '../../../../cloud-hub/dashboard/sensors/reading-series.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const [quarter, , day] = readingRanges;

function reading(at: number, over: Partial<Reading> = {}): Reading {
  const iso = new Date(at).toISOString();
  const output = { score: 1, threshold: 2, anomalous: false, values: { temperature: 80 } };
  return {
    id: String(at),
    device: 'box',
    stream: 'motor',
    at: iso,
    receivedAt: iso,
    clock: 'synced',
    ...output,
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
      const received = new ReadingSeries(quarter);
      for (const one of all) received.add(one);
      const both = new ReadingSeries(quarter);
      // The feed is heard while the course is still being read.
      for (const one of all.slice(split)) both.add(one);
      for (const bucket of bucketsOf(all, quarter.bucketMs)) both.addBucket(bucket);
      for (const one of all.toReversed()) both.add(one);
      expect(both.view(NOW)).toEqual(received.view(NOW));
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

test('a bucket holds its highest score, any anomaly, and the rest of its newest reading, whichever came last', () => {
  const series = new ReadingSeries(quarter);
  const at = NOW - 60_000;
  series.add(reading(at + 500, { score: 3, threshold: 5, values: { t: 2 } }));
  series.add(reading(at, { score: 9, threshold: 4, anomalous: true, values: { t: 1, other: 7 } }));
  series.add(reading(at + 100, { score: undefined, anomalous: undefined, threshold: 6, values: { t: 3 } }));
  const view = series.view(NOW);
  expect([view.score, view.threshold, view.values.get('t')].map((column) => present(column))).toEqual([[9], [5], [2]]);
  expect(view.values.has('other')).toBe(false);
  expect(view.anomalous.filter(Boolean)).toHaveLength(1);
  // Of the same instant the one that comes later counts: the hub's bucket ends with the newest.
  series.addBucket({ at: new Date(at + 500).toISOString(), readings: 1, anomalous: 0, threshold: 8, values: { t: 4 } });
  expect(present(series.view(NOW).threshold)).toEqual([8]);
  const calm = new ReadingSeries(quarter);
  calm.addBucket({ at: new Date(at).toISOString(), readings: 3, anomalous: 0, score: 1 });
  expect(calm.view(NOW).anomalous.some(Boolean)).toBe(false);
  calm.addBucket({ at: new Date(at).toISOString(), readings: 3, anomalous: 1 });
  expect(calm.view(NOW).anomalous.filter(Boolean)).toHaveLength(1);
  expect(present(calm.view(NOW).score)).toEqual([1]);
});

test('a line breaks at a silence more than five times as long as the usual step', () => {
  const drawn = (gapS: number) => {
    const series = new ReadingSeries(quarter);
    // One each 10 s, then the silence, then again.
    for (const s of [0, 10, 20, 30, 30 + gapS, 40 + gapS]) series.add(reading(NOW - 600_000 + s * 1000));
    const { times, score } = series.view(NOW);
    return { breaks: breaks(score), times: times.map((time) => Math.round(time - NOW / 1000 + 600)) };
  };
  expect(drawn(50).breaks).toBe(0);
  expect(drawn(52)).toEqual({ breaks: 1, times: [-300, 1, 11, 21, 31, 57, 83, 93, 600] });
});

test('the usual step is that in the middle: two readings close to each other do not break the line of a slow sensor', () => {
  const series = new ReadingSeries(quarter);
  for (let s = 0; s < 400; s += 20) series.add(reading(NOW - 500_000 + s * 1000));
  series.add(reading(NOW - 498_000));
  series.add(reading(NOW - 496_000));
  expect(breaks(series.view(NOW).score)).toBe(0);
});

test('half a bucket does not reach over the edges', () => {
  const series = new ReadingSeries(quarter);
  series.add(reading(NOW - 2000));
  series.add(reading(NOW - quarter.spanMs));
  const drawn = (now: number) => series.view(now).times.map((time) => Math.round(time * 1000 - now));
  expect(drawn(NOW)).toEqual([-900_000, -899_000, -1000, 0]);
  // Either is in the middle of its bucket, and that bucket is cut by an edge.
  expect(drawn(NOW - 1500)).toEqual([-900_000, -897_500, -1, 0]);
  expect(drawn(NOW + 1500)).toEqual([-900_000, -899_999, -2500, 0]);
  expect(present(series.view(NOW + 1999).score)).toHaveLength(2);
  expect(present(series.view(NOW + 2000).score)).toHaveLength(1);
});

test('a reading of now, and one as far ahead as the range is long, are kept until their time has come', () => {
  const series = new ReadingSeries(quarter);
  series.add(reading(NOW));
  series.add(reading(NOW + quarter.spanMs));
  series.add(reading(NOW + quarter.spanMs + quarter.bucketMs));
  expect(present(series.view(NOW).score)).toHaveLength(1);
  expect(present(series.view(NOW + quarter.spanMs).score)).toHaveLength(2);
  expect(present(series.view(NOW + quarter.spanMs + 2 * quarter.bucketMs).score)).toHaveLength(1);
});

test('the first channels by name get a line', () => {
  const series = new ReadingSeries(quarter);
  series.add(reading(NOW - 10_000, { values: Object.fromEntries([...'jihgfedcba'].map((name, n) => [name, n])) }));
  expect([...series.view(NOW).values.keys()].join('')).toBe('abcdefgh');
});

test('the band of a channel and the level of an anomaly are those of the newest reading of a slot', () => {
  const series = new ReadingSeries(quarter);
  series.add(reading(NOW - 10_000, { expected: { temperature: [78, 82] } }));
  series.add(reading(NOW - 4000, { anomalous: true, level: 'notice', expected: { temperature: [77, 81] } }));
  series.add(reading(NOW - 3900, { anomalous: true, level: 'alarm', expected: { temperature: [76, 80] } }));
  const { bands, levels, anomalous } = series.view(NOW);
  const band = bands.get('temperature');
  expect([present(band?.low), present(band?.high)]).toEqual([
    [78, 76],
    [82, 80],
  ]);
  expect(levels.filter((level) => level !== undefined)).toEqual(['alarm']);
  expect(anomalous.filter(Boolean)).toHaveLength(1);
  const plain = new ReadingSeries(quarter);
  plain.add(reading(NOW - 1000));
  expect(plain.view(NOW).bands.size).toBe(0);
});

test('what it was a day before, at the same times, or as near as two usual steps; nothing where nothing is kept', () => {
  const beforeMs = 86_400_000;
  const [now, past] = [new ReadingSeries(quarter), new ReadingSeries(quarter)];
  for (let s = 0; s < 600; s += 10) {
    now.add(reading(NOW - s * 1000, { values: { temperature: s } }));
    if (s < 300) past.add(reading(NOW - s * 1000 - beforeMs + 4000, { values: { temperature: 1000 + s, load: 2 } }));
  }
  const { times } = now.view(NOW);
  const before = past.before(times, beforeMs);
  expect([...before.keys()]).toEqual(['load', 'temperature']);
  for (const column of before.values()) expect(column).toHaveLength(times.length);
  const at = (ago: number) => before.get('temperature')?.[times.findIndex((time) => time >= NOW / 1000 - ago)];
  expect(at(100)).toBeGreaterThanOrEqual(1090);
  expect(at(100)).toBeLessThanOrEqual(1120);
  expect(at(500)).toBeNull();
  expect(new ReadingSeries(quarter).before(times, beforeMs).size).toBe(0);
});
