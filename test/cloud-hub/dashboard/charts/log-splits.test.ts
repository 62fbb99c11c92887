import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logSplits } from '../../../../cloud-hub/dashboard/charts/log-splits.ts';

test('powers of ten where there are enough of them, with twos and fives where not', () => {
  expect(logSplits(0.005, 5)).toEqual([0.01, 0.1, 1]);
  expect(logSplits(0.8, 60)).toEqual([1, 2, 5, 10, 20, 50]);
  expect(logSplits(1, 1000)).toEqual([1, 10, 100, 1000]);
});

test('lines rise, lie within the bounds, and are few', () => {
  const bounds = fc.tuple(
    fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
    fc.double({ min: 2.5, max: 1e6, noNaN: true }),
  );
  fc.assert(
    fc.property(bounds, ([min, ratio]) => {
      const splits = logSplits(min, min * ratio);
      expect(splits.length).toBeGreaterThanOrEqual(1);
      expect(splits.length).toBeLessThanOrEqual(10);
      expect(splits).toEqual(splits.toSorted((a, b) => a - b));
      for (const split of splits) {
        expect(split).toBeGreaterThanOrEqual(min);
        expect(split).toBeLessThanOrEqual(min * ratio);
      }
    }),
  );
});
