import fc from 'fast-check';
import { expect, test } from 'vitest';
import { includes, missing, type Range, rangesOf, union } from '../../../shared/kit/ranges.ts';

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 }))
  .map(([from, n]) => ({ from, to: from + n }));
const ranges = fc.array(range, { maxLength: 12 });

function numbers(set: readonly Range[]): Set<number> {
  return new Set(set.flatMap((r) => Array.from({ length: r.to - r.from + 1 }, (_, i) => r.from + i)));
}

test('union holds the same numbers, in normal form', () => {
  fc.assert(
    fc.property(ranges, ranges, (a, b) => {
      const both = union(a, b);
      expect(numbers(both)).toEqual(numbers([...a, ...b].toSorted((x, y) => x.from - y.from)));
      for (const [i, r] of both.slice(1).entries()) expect(r.from).toBeGreaterThan((both[i]?.to ?? 0) + 1);
    }),
  );
});

test('missing and the taken ranges partition a range', () => {
  fc.assert(
    fc.property(range, ranges, (whole, taken) => {
      const normal = union(taken);
      const holes = numbers(missing(whole, normal));
      for (const n of numbers([whole])) expect(holes.has(n)).toBe(!numbers(normal).has(n));
      for (const n of holes) expect(n >= whole.from && n <= whole.to).toBe(true);
    }),
  );
});

test('includes agrees with the set', () => {
  fc.assert(
    fc.property(ranges, fc.integer({ min: 0, max: 80 }), (set, n) => {
      expect(includes(union(set), n)).toBe(numbers(set).has(n));
    }),
  );
});

test('rangesOf gives back the numbers', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 50 })), (set) => {
      const rising = set.toSorted((a, b) => a - b);
      expect([...numbers(rangesOf(rising))]).toEqual(rising);
    }),
  );
});

test('ranges as long as numbers go cost nothing', () => {
  const huge = { from: 1, to: Number.MAX_SAFE_INTEGER };
  expect(missing(huge, [{ from: 5, to: 6 }])).toEqual([
    { from: 1, to: 4 },
    { from: 7, to: Number.MAX_SAFE_INTEGER },
  ]);
});

test('rangesOf makes one range of numbers that follow one another or repeat', () => {
  expect(rangesOf([1, 2, 2, 3, 5, 5, 7])).toEqual([
    { from: 1, to: 3 },
    { from: 5, to: 5 },
    { from: 7, to: 7 },
  ]);
});
