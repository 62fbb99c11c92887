import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kolmogorovSmirnov, pooled, populationStability } from '../../../cloud-hub/rollout/drift.ts';

const histogram = fc.array(fc.nat(1000), { minLength: 10, maxLength: 10 });

test('the same distribution has not moved, whatever its size', () => {
  fc.assert(
    fc.property(histogram, (h) => {
      expect(populationStability(h, h)).toBeCloseTo(0);
      expect(kolmogorovSmirnov(h, h)).toBe(0);
    }),
  );
});

test('both are never negative and the same in both directions', () => {
  fc.assert(
    fc.property(histogram, histogram, (a, b) => {
      expect(populationStability(a, b)).toBeGreaterThanOrEqual(0);
      expect(populationStability(a, b)).toBeCloseTo(populationStability(b, a));
      expect(kolmogorovSmirnov(a, b)).toBeLessThanOrEqual(1 + 1e-9);
      expect(kolmogorovSmirnov(a, b)).toBeCloseTo(kolmogorovSmirnov(b, a));
    }),
  );
});

test('worked examples', () => {
  // 0.7·ln(0.7/0.3)… of large counts: (0.7−0.3)·ln(0.7/0.3) + (0.3−0.7)·ln(0.3/0.7)
  expect(populationStability([30_000, 70_000], [70_000, 30_000])).toBeCloseTo(0.8 * Math.log(7 / 3), 3);
  expect(kolmogorovSmirnov([30, 70], [70, 30])).toBeCloseTo(0.4);
  expect(kolmogorovSmirnov([0, 0], [1, 2])).toBe(0);
  expect(
    pooled([
      [1, 2],
      [3, 4],
    ]),
  ).toEqual([4, 6]);
});
