import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign } from '../../../../agent/pipeline/track/assign.ts';

/** The least sum by trying everything. */
function cheapest(costs: readonly (readonly number[])[], used: ReadonlySet<number> = new Set(), row = 0): number {
  const columns = costs[0]?.length ?? 0;
  const cells = costs[row];
  if (!cells) return 0;
  const options = cells.flatMap((cost, column) =>
    used.has(column) ? [] : [cost + cheapest(costs, new Set([...used, column]), row + 1)],
  );
  // With more rows than columns some rows go without.
  if (costs.length - row > columns - used.size) options.push(cheapest(costs, used, row + 1));
  return Math.min(...options);
}

const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
  fc.array(fc.array(fc.integer({ min: -9, max: 20 }), { minLength: columns, maxLength: columns }), {
    minLength: rows,
    maxLength: rows,
  }),
);

test('the sum is the least there is, and no row or column is used twice', () => {
  fc.assert(
    fc.property(matrix, (costs) => {
      const columns = costs[0]?.length ?? 0;
      const chosen = assign(Float64Array.from(costs.flat()), costs.length, columns);
      const pairs = [...chosen.entries()].filter(([, column]) => column >= 0);
      expect(pairs).toHaveLength(Math.min(costs.length, columns));
      expect(new Set(pairs.map(([, column]) => column)).size).toBe(pairs.length);
      const sum = pairs.reduce((total, [row, column]) => total + (costs[row]?.[column] ?? Number.NaN), 0);
      expect(sum).toBe(cheapest(costs));
    }),
    { numRuns: 300 },
  );
});

test('nothing to assign', () => {
  expect([...assign(new Float64Array(0), 0, 3)]).toEqual([]);
  expect([...assign(new Float64Array(0), 2, 0)]).toEqual([-1, -1]);
});
