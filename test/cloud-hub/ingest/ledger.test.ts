import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GIVEN_UP, isFresh, NEVER_RECEIVED, settle, touched, touchedGaps } from '../../../cloud-hub/ingest/ledger.ts';
import type { Gap, Ledger } from '../../../cloud-hub/store/sequences.ts';
import { includes, type Range, rangesOf } from '../../../shared/kit/ranges.ts';

interface BatchCase {
  from: number;
  to: number;
  base: number;
  seqs: number[];
}

/** A ledger in memory that keeps everything and hands `settle` only what is touched, as the store does. */
class Book {
  ledger: Ledger = { upTo: 0, above: [] };
  gaps: Gap[] = [];
  readonly stored: number[] = [];

  take({ from, to, base, seqs }: BatchCase): void {
    const arrival = { from, to, base, answered: rangesOf(seqs) };
    const within = <T extends Range>(all: readonly T[], near: readonly Range[]) =>
      all.filter((range) => numbers([range]).some((n) => includes(near, n)));
    const near = { ...this.ledger, above: within(this.ledger.above, touched(this.ledger.upTo, arrival)) };
    const gaps = within(this.gaps, touchedGaps(near, arrival));
    this.stored.push(...seqs.filter((n) => isFresh(near, gaps, n)));
    const after = settle(near, gaps, arrival);
    const untouched = this.ledger.above.filter((range) => !near.above.includes(range));
    this.ledger = { upTo: after.ledger.upTo, above: sorted([...untouched, ...after.ledger.above]) };
    this.gaps = sorted([...this.gaps.filter((g) => !gaps.includes(g)), ...after.gaps]);
  }
}

const sorted = <T extends Range>(ranges: readonly T[]) => ranges.toSorted((a, b) => a.from - b.from);

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
});

describe('what a batch can change', () => {
  const ledger = { upTo: 10, above: [{ from: 20, to: 25 }] };
  const arrival = (from: number, to: number, base: number) => ({ from, to, base, answered: [] });

  test.each([
    // From right below the batch to right above it; and from the mark up to a base above it.
    [30, 35, 1, [{ from: 29, to: 36 }]],
    [5, 7, 1, [{ from: 4, to: 8 }]],
    [12, 12, 11, [{ from: 11, to: 13 }]],
    [12, 12, 12, [{ from: 11, to: 13 }]],
    [
      30,
      35,
      12,
      [
        { from: 11, to: 12 },
        { from: 29, to: 36 },
      ],
    ],
    [30, 35, 50, [{ from: 11, to: 50 }]],
    [30, 35, 37, [{ from: 11, to: 37 }]],
    [1, 3, 1, [{ from: 1, to: 4 }]],
    [2, 3, 1, [{ from: 1, to: 4 }]],
  ])('%i to %i, base %i: %j', (from, to, base, expected) => {
    expect(touched(ledger.upTo, arrival(from, to, base))).toEqual(expected);
  });

  test('only gaps that it fills, and those beside the numbers that it leaves out, however many lie between', () => {
    const near = { upTo: 10, above: [] };
    const all = {
      from: 1,
      to: 13,
      base: 1,
      answered: [
        { from: 4, to: 4 },
        { from: 7, to: 8 },
        { from: 12, to: 12 },
      ],
    };
    // 11 and 13 are new gaps.
    expect(touchedGaps(near, all)).toEqual([
      { from: 4, to: 4 },
      { from: 7, to: 8 },
      { from: 10, to: 10 },
      { from: 12, to: 12 },
      { from: 14, to: 14 },
    ]);
    expect(touchedGaps(near, { from: 1, to: 10, base: 1, answered: [] })).toEqual([]);
    expect(touchedGaps({ upTo: 0, above: [] }, { from: 1, to: 3, base: 1, answered: [] })).toEqual([
      { from: 4, to: 4 },
    ]);
  });

  test('neighbouring gaps of one reason become one, on both sides of a batch; others stay apart', () => {
    const gap = (from: number, to: number, reason = GIVEN_UP) => ({ from, to, reason });
    const after = settle({ upTo: 4, above: [{ from: 7, to: 9 }] }, [gap(3, 4), gap(7, 8), gap(9, 9, 'quota')], {
      from: 5,
      to: 6,
      base: 1,
      answered: [],
    });
    expect(after).toEqual({ ledger: { upTo: 9, above: [] }, gaps: [gap(3, 8), gap(9, 9, 'quota')] });
  });

  test('a number is fresh when nothing is known of it, or only that it has no record', () => {
    const gaps = [{ from: 3, to: 4, reason: GIVEN_UP }];
    const fresh = [1, 2, 3, 4, 5, 10, 11, 19, 20, 25, 26].filter((seq) => isFresh(ledger, gaps, seq));
    expect(fresh).toEqual([3, 4, 11, 19, 26]);
  });

  test('a ledger whose first numbers are missing has its mark at 0', () => {
    const nothing = { upTo: 0, above: [] };
    expect(settle(nothing, [], { from: 2, to: 3, base: 1, answered: [] }).ledger).toEqual({
      upTo: 0,
      above: [{ from: 2, to: 3 }],
    });
    expect(settle(nothing, [], { from: 1, to: 3, base: 1, answered: [] }).ledger).toEqual({ upTo: 3, above: [] });
  });
});
