import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Rank, shed } from '../../../../agent/buffer/file/rank.ts';
import { addLosses, lossesOf } from '../../../../agent/buffer/space/ledger.ts';

const rising = fc.uniqueArray(fc.integer({ min: 1, max: 200 })).map((list) => list.sort((a, b) => a - b));

describe('ledger', () => {
  test('ranges name exactly the numbers they were made of', () => {
    fc.assert(
      fc.property(rising, (numbers) => {
        const ranges = lossesOf(numbers);
        const back = ranges.flatMap((r) => Array.from({ length: r.lost }, (_, i) => r.from + i));
        expect(back).toEqual(numbers);
        ranges.forEach((r, i) => {
          expect(r.to - r.from + 1).toBe(r.lost);
          expect(r.from).toBeGreaterThan((ranges[i - 1]?.to ?? -1) + 1);
        });
      }),
    );
  });

  test('losses cover every number, count each once, keep their places and stay few', () => {
    fc.assert(
      fc.property(rising, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }), (numbers, parts, max) => {
        let losses = addLosses([], [], max);
        for (let part = 0; part < parts; part++) {
          const before = losses;
          losses = addLosses(losses, lossesOf(numbers.filter((n) => n % parts === part)), max);
          before.forEach((loss, at) => {
            expect(losses[at]?.from).toBeLessThanOrEqual(loss.from);
            expect(losses[at]?.to).toBeGreaterThanOrEqual(loss.to);
          });
        }
        expect(losses.length).toBeLessThanOrEqual(max);
        expect(losses.reduce((sum, l) => sum + l.lost, 0)).toBe(numbers.length);
        for (const n of numbers) expect(losses.some((l) => l.from <= n && n <= l.to)).toBe(true);
      }),
    );
  });

  test('touching ranges become one loss', () => {
    expect(addLosses([{ from: 1, to: 5, lost: 5 }], [{ from: 6, to: 7, lost: 2 }], 8)).toEqual([
      { from: 1, to: 7, lost: 7 },
    ]);
  });
});

describe('shed', () => {
  const item = fc.record({ rank: fc.constantFrom<Rank>(0, 1, 2, 3), bytes: fc.integer({ min: 1, max: 50 }) });

  test('keeps the bounds, the order, and nothing less valuable or older than what it gives up', () => {
    fc.assert(
      fc.property(
        fc.array(item),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 500 }),
        (items, records, bytes) => {
          const { kept, evicted } = shed(items, records, bytes);
          expect(kept.length).toBeLessThanOrEqual(records);
          expect(kept.reduce((sum, i) => sum + i.bytes, 0)).toBeLessThanOrEqual(bytes);
          expect([...kept, ...evicted]).toHaveLength(items.length);
          const place = new Map(items.map((i, at) => [i, at]));
          for (const list of [kept, evicted]) {
            const places = list.map((i) => place.get(i) ?? -1);
            expect(places).toEqual(places.toSorted((a, b) => a - b));
          }
          const highest = Math.max(-1, ...evicted.map((i) => i.rank));
          expect(kept.every((i) => i.rank >= highest)).toBe(true);
          const newestGiven = Math.max(-1, ...evicted.filter((i) => i.rank === highest).map((i) => place.get(i) ?? 0));
          expect(kept.filter((i) => i.rank === highest).every((i) => (place.get(i) ?? 0) > newestGiven)).toBe(true);
        },
      ),
    );
  });
});
