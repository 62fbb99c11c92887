import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interpolated, median, medianDeviation, quantile, quantiles } from '../../../shared/kit/quantile.ts';

const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 });
const part = fc.double({ min: 0, max: 1, noNaN: true });

test('by interpolation they are what NumPy gives', () => {
  // numpy.quantile([15, 20, 35, 40, 50], [0, 0.05, 0.3, 0.4, 0.5, 0.95, 1])
  const found = [0, 0.05, 0.3, 0.4, 0.5, 0.95, 1].map((of) => interpolated([50, 15, 40, 20, 35], of));
  expect(found).toEqual([15, 16, 23, 29, 35, 48, 50]);
  expect([median([4, 1, 3, 2]), median([3, 1, 2]), median([7])]).toEqual([2.5, 2, 7]);
  expect(medianDeviation([1, 1, 2, 2, 4, 6, 9])).toBe(1);
});

test('by rank each is one of the numbers: of a hundred the 51st is the median and the 96th the 95th percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(quantiles(hundred, [0, 0.5, 0.95, 1])).toEqual([1, 51, 96, 100]);
  expect([quantile([1, 2], 0.5), quantile([1, 2], 0.49), quantile([7], 0), quantile([7], 1)]).toEqual([2, 1, 7, 7]);
});

test('of no numbers there is none', () => {
  expect([median([]), interpolated([], 0), quantile([], 1), ...quantiles([], [0, 0.5])]).toEqual(
    new Array(5).fill(Number.NaN),
  );
});

test('they rise with the part, lie within the numbers, and neither depend on the order nor change it', () => {
  fc.assert(
    fc.property(numbers, part, part, (values, a, b) => {
      const before = [...values];
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      for (const of of [quantile, interpolated]) {
        expect(of(values, low)).toBeLessThanOrEqual(of(values, high));
        expect(of(values, low)).toBeGreaterThanOrEqual(Math.min(...values));
        expect(of(values, high)).toBeLessThanOrEqual(Math.max(...values));
        expect(of(values.toReversed(), a)).toBe(of(values, a));
      }
      expect(values).toContain(quantile(values, a));
      expect(values.filter((value) => value < quantile(values, a)).length).toBeLessThanOrEqual(a * values.length);
      expect(values).toEqual(before);
    }),
  );
});
