import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dot, principalComponents } from '../../../agent/train/pca.ts';
import { interpolated, median, medianDeviation } from '../../../shared/kit/quantile.ts';

/** Rows with a known spread along known directions. */
function rowsOf(count: number, size: number, spreads: readonly number[]): Float32Array[] {
  return Array.from({ length: count }, (_, r) => {
    const row = new Float32Array(size).fill(3);
    for (const [k, spread] of spreads.entries()) row[k] = 3 + spread * Math.sin(r * (k + 1) * 1.7 + k);
    return row;
  });
}

test('the strongest directions are found, in order, with their variance', () => {
  const { mean, components, variances, total } = principalComponents(rowsOf(2000, 6, [10, 5, 1]), 2);
  expect([...mean].every((m) => Math.abs(m - 3) < 0.05)).toBe(true);
  expect(Math.abs(components[0]?.[0] ?? 0)).toBeGreaterThan(0.999);
  expect(Math.abs(components[1]?.[1] ?? 0)).toBeGreaterThan(0.999);
  expect(variances[0]).toBeCloseTo(50, 0);
  expect(variances[1]).toBeCloseTo(12.5, 0);
  expect(total).toBeCloseTo(63, 0);
});

test('components are orthonormal, fall in variance, and together explain no more than there is', () => {
  const value = fc.float({ min: -100, max: 100, noNaN: true });
  const rows = fc
    .integer({ min: 2, max: 8 })
    .chain((size) => fc.array(fc.array(value, { minLength: size, maxLength: size }), { minLength: 3, maxLength: 40 }));
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 8 }), (table, count) => {
      const { components, variances, total } = principalComponents(
        table.map((r) => Float32Array.from(r)),
        count,
      );
      for (const [i, a] of components.entries())
        for (const [j, b] of components.entries()) expect(dot(a, b)).toBeCloseTo(i === j ? 1 : 0, 6);
      expect(variances).toEqual(variances.toSorted((a, b) => b - a));
      expect(variances.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(total * (1 + 1e-9));
      if (components.length === table[0]?.length) expect(variances.reduce((a, b) => a + b, 0)).toBeCloseTo(total, 3);
    }),
    { numRuns: 50 },
  );
});

test('rows that are all the same have no components', () => {
  expect(principalComponents(rowsOf(10, 4, []), 3)).toMatchObject({ components: [], total: 0 });
});

test('quantiles lie between their neighbours, and a few wild values do not move the deviation', () => {
  expect(interpolated([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(interpolated([1, 2, 3, 4, 5], 0.75)).toBe(4);
  expect(median([7])).toBe(7);
  const calm = Array.from({ length: 99 }, (_, i) => Math.sin(i));
  expect(Math.abs(medianDeviation([...calm, 1e9]) - medianDeviation(calm))).toBeLessThan(0.05);
});
