/** Gaps and the reasons that losses give them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GIVEN_UP, NEVER_RECEIVED } from '../../../cloud-hub/ingest/ledger.ts';
import { type Gap, refine } from '../../../cloud-hub/store/gaps.ts';
import { type Range, union } from '../../../shared/kit/ranges.ts';

const numbers = (ranges: readonly Range[]) =>
  ranges.flatMap((r) => Array.from({ length: r.to - r.from + 1 }, (_, i) => r.from + i));
const range = fc
  .record({ from: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 1, max: 20 }) })
  .map(({ from, length }) => ({ from, to: from + length - 1 }));
const losses = fc.array(
  fc.record({ range, reason: fc.constantFrom('a', 'b', 'c') }).map(({ range, reason }) => ({ ...range, reason })),
  { maxLength: 12 },
);
const gaps = fc.array(range, { maxLength: 6 }).map((some) => union(some).map((r) => ({ ...r, reason: 'gap' })));

test('any losses over any gaps: each number has the reason of the last loss that speaks of it', () => {
  fc.assert(
    fc.property(gaps, losses, (given, output) => {
      const refined = refine(given, output);
      const reasonOf = (n: number) => output.findLast((l) => l.from <= n && n <= l.to)?.reason ?? 'gap';
      expect(refined.flatMap((g) => numbers([g]).map((n) => [n, g.reason]))).toEqual(
        numbers(given).map((n) => [n, reasonOf(n)]),
      );
      // Neighbours of one reason are one gap.
      refined.forEach((g, i) => {
        const next = refined[i + 1];
        if (next !== undefined) expect(next.from === g.to + 1 && next.reason === g.reason).toBe(false);
      });
    }),
  );
});

test('thousands of overlapping losses over tens of thousands of gaps are named in one pass', () => {
  const many: Gap[] = Array.from({ length: 40_000 }, (_, i) => ({ from: 2 * i + 1, to: 2 * i + 1, reason: 'gap' }));
  const output = Array.from({ length: 5000 }, (_, i) => ({ from: 1 + i, to: 80_000 - i, reason: `loss ${i}` }));
  const begun = performance.now();
  const refined = refine(many, output);
  // The product of both took minutes; the bound is one that only a product breaks.
  expect(performance.now() - begun).toBeLessThan(5000);
  expect(refined).toHaveLength(40_000);
  expect(refined[20_000]?.reason).toBe('loss 4999');
  expect(refined[0]?.reason).toBe('loss 0');
});

test('a loss names the reason of exactly its numbers', () => {
  expect(refine([{ from: 1, to: 9, reason: GIVEN_UP }], [{ from: 3, to: 5, reason: 'quota' }])).toEqual([
    { from: 1, to: 2, reason: GIVEN_UP },
    { from: 3, to: 5, reason: 'quota' },
    { from: 6, to: 9, reason: GIVEN_UP },
  ]);
});

test('losses are cut to the gaps they speak of, and the last one names the reason', () => {
  const gaps = [
    { from: 2, to: 5, reason: GIVEN_UP },
    { from: 8, to: 9, reason: NEVER_RECEIVED },
  ];
  const losses = [
    { from: 1, to: 2, reason: 'a' },
    { from: 5, to: 8, reason: 'b' },
    { from: 8, to: 8, reason: 'c' },
    { from: 10, to: 20, reason: 'd' },
  ];
  expect(refine(gaps, losses)).toEqual([
    { from: 2, to: 2, reason: 'a' },
    { from: 3, to: 4, reason: GIVEN_UP },
    { from: 5, to: 5, reason: 'b' },
    { from: 8, to: 8, reason: 'c' },
    { from: 9, to: 9, reason: NEVER_RECEIVED },
  ]);
});
