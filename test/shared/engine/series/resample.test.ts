import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createResampler } from '../../../../shared/engine/series/resample.ts';

const at = (atMs: number, ...values: number[]) => ({ atMs, values, restart: false });

test('points lie on the line between two samples', () => {
  const resampler = createResampler(10, 100);
  expect(resampler.push(at(5, 0, 100))).toEqual([{ atMs: 5, values: [0, 100], restart: true }]);
  expect(resampler.push(at(30, 25, 50))).toEqual([
    { atMs: 15, values: [10, 80], restart: false },
    { atMs: 25, values: [20, 60], restart: false },
  ]);
});

test('samples that lie on the grid come through unchanged, however odd the step', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 200 }),
      (step, values) => {
        const resampler = createResampler(step, step * 5);
        const points = values.flatMap((value, i) => resampler.push(at(1000 + i * step, value)));
        expect(points).toHaveLength(values.length);
        for (const [i, point] of points.entries()) {
          // A rounding of the time moves the value by as much of the way to its neighbour.
          const reach = Math.abs((values[i] ?? 0) - (values[i - 1] ?? values[i] ?? 0)) * 1e-3;
          expect(Math.abs((point.values[0] ?? Number.NaN) - (values[i] ?? 0))).toBeLessThanOrEqual(reach + 1e-9);
        }
      },
    ),
  );
});

test('the grid is even between gaps, never leaves the range of the samples, and each gap begins it anew', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: -50, max: 50 })), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(steps, (moves) => {
      const resampler = createResampler(10, 100);
      let now = 0;
      let gaps = 0;
      let before = 0;
      let last: number | undefined;
      for (const [index, [step, value]] of moves.entries()) {
        now += step;
        const gap = index > 0 && step > 100;
        if (gap) gaps++;
        for (const point of resampler.push(at(now, value))) {
          expect(point.restart).toBe(index === 0 || gap);
          if (!point.restart) expect(point.atMs - (last ?? 0)).toBeCloseTo(10, 6);
          last = point.atMs;
          expect(point.atMs).toBeLessThanOrEqual(now + 1e-3);
          const [low, high] = gap || index === 0 ? [value, value] : [Math.min(before, value), Math.max(before, value)];
          expect(point.values[0]).toBeGreaterThanOrEqual(low - 1e-9);
          expect(point.values[0]).toBeLessThanOrEqual(high + 1e-9);
        }
        before = value;
      }
      expect(resampler.gaps).toBe(gaps);
    }),
  );
});

test('a pause of exactly the limit is bridged, a longer one is not, and a sample may say that it begins anew', () => {
  const resampler = createResampler(10, 100);
  resampler.push(at(0, 0));
  const bridged = resampler.push(at(100, 100));
  expect(bridged.map((p) => p.atMs)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  expect(bridged.map((p) => Math.round(p.values[0] ?? Number.NaN))).toEqual(bridged.map((p) => p.atMs));
  expect(resampler.gaps).toBe(0);
  expect(resampler.push(at(200.5, 7))).toEqual([{ atMs: 200.5, values: [7], restart: true }]);
  expect(resampler.gaps).toBe(1);
  expect(resampler.push({ ...at(205, 8), restart: true })).toEqual([{ atMs: 205, values: [8], restart: true }]);
  // What the source says of itself is no pause.
  expect(resampler.gaps).toBe(1);
  // The grid goes on from where it began anew.
  expect(resampler.push(at(220, 38)).map((p) => [p.atMs, p.values[0]])).toEqual([[215, 28]]);
});

test('a channel that was not there before stands at its first value', () => {
  const resampler = createResampler(10, 100);
  resampler.push(at(0, 0));
  expect(resampler.push(at(20, 20, 5)).map((p) => p.values)).toEqual([
    [10, 5],
    [20, 5],
  ]);
});
