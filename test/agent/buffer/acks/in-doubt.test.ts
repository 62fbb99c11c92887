import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { onTheWay, without } from '../../../../agent/buffer/acks/in-doubt.ts';
import type { Range } from '../../../../shared/kit/ranges.ts';

const numbersOf = (ranges: readonly Range[]) =>
  new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
const single = (...numbers: number[]) => numbers.map((n) => ({ from: n, to: n }));
const range = fc.record({ from: fc.integer({ min: 1, max: 200 }), length: fc.nat(9) });

describe('what is in doubt', () => {
  test('is never forgotten, is told apart in at most 16 ranges, and only what lies between is added', () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 60 }), (sent) => {
        let inDoubt: Range[] = [];
        const all = new Set<number>();
        for (const { from, length } of sent) {
          const before = inDoubt;
          inDoubt = onTheWay(inDoubt, { from, to: from + length });
          for (const n of numbersOf([...before, { from, to: from + length }])) all.add(n);
          const now = numbersOf(inDoubt);
          for (const n of all) expect(now.has(n)).toBe(true);
          expect(inDoubt.length).toBeLessThanOrEqual(16);
          inDoubt.forEach((r, i) => {
            expect(r.from).toBeGreaterThan((inDoubt[i - 1]?.to ?? -1) + 1);
          });
        }
      }),
    );
  });

  test('joins over the shortest hole, the lowest of several', () => {
    const sixteen = single(...Array.from({ length: 16 }, (_, i) => 10 * (i + 1)));
    expect(onTheWay(sixteen.slice(1), { from: 10, to: 10 })).toEqual(sixteen);
    expect(onTheWay(sixteen, { from: 163, to: 165 })).toEqual([...sixteen.slice(0, 15), { from: 160, to: 165 }]);
    expect(onTheWay(sixteen, { from: 57, to: 57 })).toEqual([
      ...single(10, 20, 30, 40, 50),
      { from: 57, to: 60 },
      ...sixteen.slice(6),
    ]);
    expect(onTheWay(sixteen, { from: 170, to: 170 })).toEqual([
      { from: 10, to: 20 },
      ...single(30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150, 160, 170),
    ]);
    const touching = onTheWay(sixteen, { from: 11, to: 19 });
    expect(touching).toEqual([{ from: 10, to: 20 }, ...sixteen.slice(2)]);
  });

  test('ends with what is settled, in part too', () => {
    const inDoubt = [
      { from: 3, to: 8 },
      { from: 12, to: 12 },
      { from: 20, to: 30 },
    ];
    expect(without(inDoubt, { from: 1, to: 2 })).toEqual(inDoubt);
    expect(without(inDoubt, { from: 1, to: 12 })).toEqual([{ from: 20, to: 30 }]);
    expect(without(inDoubt, { from: 5, to: 22 })).toEqual([
      { from: 3, to: 4 },
      { from: 23, to: 30 },
    ]);
    expect(without(inDoubt, { from: 24, to: 25 }).slice(2)).toEqual([
      { from: 20, to: 23 },
      { from: 26, to: 30 },
    ]);
  });
});
