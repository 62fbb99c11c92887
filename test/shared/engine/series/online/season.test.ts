/** What is usual at a time of day, against a plain model of it, with a restart in the middle. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Season, seasonState } from '../../../../../shared/engine/series/online/season.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The same by its definition: all samples of the last seven days are kept. */
function plain(slotMs: number) {
  const kept: { slot: number; value: number }[] = [];
  return {
    add: (atMs: number, value: number) =>
      void kept.push({ slot: Math.floor(atMs / slotMs), value: Math.fround(value) }),
    residual(atMs: number, value: number): number | undefined {
      const now = Math.floor(atMs / slotMs);
      const days = [1, 2, 3, 4, 5, 6, 7].flatMap((day) => {
        const near = Array.from({ length: 9 }, (_, i) => now - (day * DAY) / slotMs + i - 4).flatMap((slot) => {
          const values = kept.filter((one) => one.slot === slot).map((one) => one.value);
          if (values.length === 0) return [];
          const [low, high] = [Math.min(...values), Math.max(...values)];
          return [value > high ? value - high : value < low ? value - low : 0];
        });
        const [first, ...others] = near;
        if (first === undefined) return [];
        return [others.reduce((best, one) => (Math.abs(one) < Math.abs(best) ? one : best), first)];
      });
      return days.toSorted((a, b) => a - b)[days.length >> 1];
    },
  };
}

test('any series: the median over seven days of the distance to the nearest slots, also after a restart', () => {
  const samples = fc.array(fc.tuple(fc.integer({ min: 1, max: 700 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 20,
    maxLength: 120,
  });
  fc.assert(
    fc.property(samples, fc.nat(119), fc.integer({ min: -3, max: 3 }), (steps, cutAt, days) => {
      let season = Season.of(60 * MINUTE);
      const model = plain(60 * MINUTE);
      let at = days * DAY;
      for (const [i, [minutes, value]] of steps.entries()) {
        at += minutes * MINUTE;
        expect(season?.residual(at, value)).toBe(model.residual(at, value));
        season?.add(at, value);
        model.add(at, value);
        if (i === cutAt && season)
          season = Season.restore(seasonState.parse(JSON.parse(JSON.stringify(season.state()))));
      }
    }),
    { numRuns: 40 },
  );
});

test('a slot is the shortest that holds a step; a series slower than two hours has no day', () => {
  const slotOf = (minutes: number) => Season.of(minutes * MINUTE)?.state().slotMs;
  expect([0.1, 5, 5.04, 5.06, 6, 15, 16, 30, 59, 61, 120, 121, 122].map((m) => (slotOf(m) ?? 0) / MINUTE)).toEqual([
    10, 5, 5, 10, 10, 15, 30, 30, 60, 120, 120, 120, 0,
  ]);
});

test('a fast series has slots of ten minutes, and 20 minutes count as the same time, also after a restart', () => {
  const season = Season.of(1000);
  season?.add(0, 10);
  const state = seasonState.parse(JSON.parse(JSON.stringify(season?.state())));
  expect(state).toEqual({ slotMs: 10 * MINUTE, near: 2, slots: [[0, 10, 10]] });
  for (const one of [season, Season.restore(state)]) {
    const after = (minutes: number) => one?.residual(DAY + minutes * MINUTE, 13);
    expect([-21, -20, 0, 29, 30].map(after)).toEqual([undefined, 3, 3, 3, undefined]);
  }
});

test('a series whose clock was years ahead once learns its days anew', () => {
  const season = Season.of(5 * MINUTE);
  season?.add(70_000 * 8 * DAY, 1);
  season?.add(0, 2);
  season?.add(70_000 * 8 * DAY, 3);
  expect(season?.state().slots).toEqual([[(70_000 * 8 * DAY) / (5 * MINUTE), 3, 3]]);
});

test('a time so large that the next slot has the same number ends nothing', () => {
  const season = Season.of(5 * MINUTE);
  season?.add(1e300, 1);
  expect(season?.residual(1e300, 1)).toBe(0);
});
