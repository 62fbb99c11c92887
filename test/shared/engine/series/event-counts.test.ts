import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventCounts } from '../../../../shared/engine/series/event-counts.ts';
import { planRow, type TimedRow } from '../../../../shared/engine/series/row.ts';
import { createRowReader } from '../../../../shared/engine/series/row-reader.ts';

const MINUTE = 60_000;
const event = { atMs: undefined, values: [1] };

/** Ends of intervals, in minutes, and their counts. */
function counted(minutes: readonly (number | 'begin')[]): unknown[] {
  const counts = createEventCounts(1, MINUTE);
  return minutes.flatMap((at): unknown[] => {
    if (at === 'begin') {
      counts.begin();
      return [];
    }
    const found = counts.count(event, at * MINUTE);
    return typeof found === 'string' ? [found] : found.map(({ atMs, values }) => [atMs / MINUTE, values[0]]);
  });
}

test('whole intervals, one after another, with zeros for those in which nothing came; the first is left out', () => {
  expect(counted([0.5, 0.7, 1.1, 1.2, 1.9, 2, 5.5])).toEqual([
    [2, 3],
    [3, 1],
    [4, 0],
    [5, 0],
  ]);
});

test('after a new connection, and after a silence of more than a week, the counting begins anew: no zeros, no half interval', () => {
  expect(counted([0.5, 1.1, 1.2, 'begin', 3.5, 4.1, 5])).toEqual([[5, 1]]);
  expect(counted([0.5, 1.1, 20_000.5, 20_001.5, 20_002])).toEqual([[20_002, 1]]);
});

test('an event of an earlier interval is told; five in a row are a clock that was set back', () => {
  const late = (ms: number) => `is ${ms} ms older than the interval that is counted: out of order`;
  expect(counted([10.5, 11.5, 10.5, 11.6, 12])).toEqual([late(30_000), [12, 2]]);
  expect(counted([10.5, 11.5, 1.5, 1.6, 1.7, 1.8, 1.9, 2.5, 3]).slice(-1)).toEqual([[3, 1]]);
});

test('no event is lost or counted twice between the first boundary and the last', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { minLength: 1, maxLength: 200 }), (times) => {
      const sorted = times.toSorted((a, b) => a - b);
      const counts = createEventCounts(1, MINUTE);
      const rows = sorted.flatMap((at): (string | TimedRow)[] => [counts.count(event, at)].flat());
      const of = (at: number) => Math.floor(at / MINUTE);
      const [first, last] = [of(sorted[0] ?? 0), of(sorted.at(-1) ?? 0)];
      const wanted = sorted.filter((at) => of(at) > first && of(at) < last).length;
      const sum = rows.reduce((total, row) => total + (typeof row === 'string' ? 0 : (row.values[0] ?? 0)), 0);
      expect([rows.length, sum]).toEqual([Math.max(0, last - first - 1), wanted]);
    }),
  );
});

test('of rows: whatever stands at the channel is an event; nothing, or no such place, is none', () => {
  const plan = planRow(['door', 'bell'], { time: 'at', countS: 60, values: { door: 'event', bell: 'bell' } });
  const reader = createRowReader(plan);
  const say = (row: Record<string, unknown>) => reader.read((place) => row[place], 0);
  expect(say({ at: '2026-01-05T08:00:30Z', event: 'opened' })).toEqual([]);
  expect(say({ at: '2026-01-05T08:01:00Z', event: { by: 'card' } })).toEqual([]);
  expect(say({ at: '2026-01-05T08:01:59Z', bell: '' })).toBeUndefined();
  expect(say({ at: '2026-01-05T08:01:59Z', bell: false, event: null })).toEqual([]);
  expect(say({ at: '2026-01-05T08:01:59Z', battery: 3 })).toBeUndefined();
  expect(say({ at: 'soon', event: 1 })).toMatch(/"at" is not a time/);
  expect(say({ at: '2026-01-05T08:02:00Z', event: 'opened' })).toEqual([
    { atMs: Date.UTC(2026, 0, 5, 8, 2), values: [1, 1] },
  ]);
});
