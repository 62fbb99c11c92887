import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GIVEN_UP, isFresh, NEVER_RECEIVED, refine, settle, touched } from '../../../cloud-hub/ingest/ledger.ts';
import type { Gap, Ledger } from '../../../cloud-hub/store/sequences.ts';
import { type Range, rangesOf } from '../../../shared/kit/ranges.ts';

interface BatchCase {
  from: number;
  to: number;
  base: number;
  seqs: number[];
}

/** A ledger in memory that keeps all gaps and hands `settle` only those of `touched`, as the store does. */
class Book {
  ledger: Ledger = { upTo: 0, above: [] };
  gaps: Gap[] = [];
  readonly stored: number[] = [];

  take({ from, to, base, seqs }: BatchCase): void {
    const arrival = { from, to, base, answered: rangesOf(seqs) };
    const range = touched(this.ledger, arrival);
    const near = this.gaps.filter((g) => g.from <= range.to && g.to >= range.from);
    this.stored.push(...seqs.filter((n) => isFresh(this.ledger, near, n)));
    const after = settle(this.ledger, near, [], arrival);
    this.ledger = after.ledger;
    this.gaps = [...this.gaps.filter((g) => !near.includes(g)), ...after.gaps].toSorted((a, b) => a.from - b.from);
  }
}

function numbers(set: readonly Range[]): number[] {
  return set.flatMap((r) => Array.from({ length: r.to - r.from + 1 }, (_, i) => r.from + i));
}

const batchCase = fc
  .record({ from: fc.integer({ min: 1, max: 40 }), length: fc.integer({ min: 1, max: 12 }), back: fc.nat(40) })
  .chain(({ from, length, back }) =>
    fc
      .subarray(Array.from({ length }, (_, i) => from + i))
      .map((seqs) => ({ from, to: from + length - 1, base: Math.max(1, from - back), seqs })),
  );

test('any batches: the ledger agrees with sets of numbers', () => {
  fc.assert(
    fc.property(fc.array(batchCase, { maxLength: 15 }), (batches) => {
      const book = new Book();
      const settled = new Set<number>();
      const stored = new Set<number>();
      for (const batch of batches) {
        book.take(batch);
        for (let n = 1; n < batch.base; n++) settled.add(n);
        for (let n = batch.from; n <= batch.to; n++) settled.add(n);
        for (const n of batch.seqs) stored.add(n);

        const { upTo, above } = book.ledger;
        expect(numbers([{ from: 1, to: upTo }, ...above])).toEqual([...settled].toSorted((a, b) => a - b));
        expect(settled.has(upTo + 1)).toBe(false);
        expect(numbers(book.gaps)).toEqual([...settled].filter((n) => !stored.has(n)).toSorted((a, b) => a - b));
      }
      expect(book.stored.toSorted((a, b) => a - b)).toEqual([...stored].toSorted((a, b) => a - b));
    }),
  );
});

test('an honest device: any order and repetition of its batches ends with each record once', () => {
  const history = fc
    .record({
      count: fc.integer({ min: 1, max: 60 }),
      size: fc.integer({ min: 1, max: 9 }),
      lost: fc.uniqueArray(fc.integer({ min: 1, max: 60 })),
    })
    .chain(({ count, size, lost }) => {
      const batches = Array.from({ length: Math.ceil(count / size) }, (_, i) => {
        const from = i * size + 1;
        const to = Math.min(count, from + size - 1);
        const seqs = numbers([{ from, to }]).filter((n) => !lost.includes(n));
        return { from, to, base: 1, seqs };
      });
      return fc
        .tuple(fc.shuffledSubarray(batches), fc.shuffledSubarray(batches, { minLength: batches.length }))
        .map(([again, all]) => ({ count, lost, order: [...again, ...all] }));
    });
  fc.assert(
    fc.property(history, ({ count, lost, order }) => {
      const book = new Book();
      for (const batch of order) book.take(batch);
      expect(book.ledger).toEqual({ upTo: count, above: [] });
      const gone = lost.filter((n) => n <= count).toSorted((a, b) => a - b);
      expect(numbers(book.gaps)).toEqual(gone);
      expect(book.gaps.every((g) => g.reason === GIVEN_UP)).toBe(true);
      expect(book.stored.toSorted((a, b) => a - b)).toEqual(
        numbers([{ from: 1, to: count }]).filter((n) => !gone.includes(n)),
      );
    }),
  );
});

describe('clauses of the contract', () => {
  test('2: a number without a record is given up', () => {
    const book = new Book();
    book.take({ from: 1, to: 5, base: 1, seqs: [1, 2, 5] });
    expect(book.ledger.upTo).toBe(5);
    expect(book.gaps).toEqual([{ from: 3, to: 4, reason: GIVEN_UP }]);
  });

  test('3: a hole at or above the base is still to come, one below it is lost', () => {
    const book = new Book();
    book.take({ from: 1, to: 2, base: 1, seqs: [1, 2] });
    book.take({ from: 6, to: 7, base: 3, seqs: [6, 7] });
    expect(book.ledger).toEqual({ upTo: 2, above: [{ from: 6, to: 7 }] });
    expect(book.gaps).toEqual([]);
    book.take({ from: 8, to: 8, base: 5, seqs: [8] });
    expect(book.ledger).toEqual({ upTo: 4, above: [{ from: 6, to: 8 }] });
    expect(book.gaps).toEqual([{ from: 3, to: 4, reason: NEVER_RECEIVED }]);
  });

  test('a gap that is filled later is no gap any more', () => {
    const book = new Book();
    book.take({ from: 10, to: 10, base: 10, seqs: [10] });
    expect(book.gaps).toEqual([{ from: 1, to: 9, reason: NEVER_RECEIVED }]);
    book.take({ from: 4, to: 5, base: 4, seqs: [4, 5] });
    expect(numbers(book.gaps)).toEqual([1, 2, 3, 6, 7, 8, 9]);
    expect(book.stored).toEqual([10, 4, 5]);
  });

  test('a loss names the reason of exactly its numbers', () => {
    expect(refine([{ from: 1, to: 9, reason: GIVEN_UP }], [{ from: 3, to: 5, reason: 'quota' }])).toEqual([
      { from: 1, to: 2, reason: GIVEN_UP },
      { from: 3, to: 5, reason: 'quota' },
      { from: 6, to: 9, reason: GIVEN_UP },
    ]);
  });
});
