import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowsInView } from '../../../../cloud-hub/dashboard/lists/visible-rows.ts';

test('holds every row in view, and few more', () => {
  fc.assert(
    fc.property(fc.integer({ min: -500, max: 600_000 }), fc.nat(10_000), (above, count) => {
      const { start, end } = rowsInView(above, 900, 52, count, 5);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(count);
      expect(end - start).toBeLessThanOrEqual(Math.ceil(900 / 52) + 1 + 10 + 1);
      for (let row = 0; row < count; row += 7) {
        const top = row * 52 - above;
        if (top + 52 > 0 && top < 900) expect(row >= start && row < end).toBe(true);
      }
    }),
  );
});

test('rows of a list that begins below, of one scrolled through, and of one scrolled past', () => {
  expect(rowsInView(-100, 200, 10, 1000, 2)).toEqual({ start: 0, end: 12 });
  expect(rowsInView(105, 200, 10, 1000, 2)).toEqual({ start: 8, end: 33 });
  expect(rowsInView(100, 200, 10, 1000, 0)).toEqual({ start: 10, end: 30 });
  expect(rowsInView(20_000, 200, 10, 1000, 2)).toEqual({ start: 1000, end: 1000 });
  expect(rowsInView(-5000, 200, 10, 1000, 2)).toEqual({ start: 0, end: 0 });
});
