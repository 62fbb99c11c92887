import fc from 'fast-check';
import { expect, test } from 'vitest';
import { append, prepend, renew } from '../../../../cloud-hub/dashboard/lists/bounded.ts';

const items = fc.array(
  fc.nat(50).map((n) => ({ id: String(n) })),
  { maxLength: 40 },
);
const cap = fc.integer({ min: 1, max: 30 });
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id).join(' ');
const of = (text: string) => text.split(' ').map((id) => ({ id }));

test('no list ever holds an id twice or more than its cap', () => {
  fc.assert(
    fc.property(items, items, items, cap, (a, b, c, n) => {
      const list = renew(append(prepend([], a, n), b), c, n);
      expect(list.length).toBeLessThanOrEqual(n);
      expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
    }),
  );
});

test('fresh items come in front and push out the oldest; older ones never push out anything', () => {
  expect(ids(prepend(of('3 2 1'), of('5 4 3'), 4))).toBe('5 4 3 2');
  expect(ids(append(of('5 4'), of('4 3 2')))).toBe('5 4 3 2');
});

test('an unchanged list stays the same object', () => {
  const list = of('2 1');
  expect(prepend(list, of('1'), 5)).toBe(list);
  expect(append(list, of('2'))).toBe(list);
});

test('a fresh first page joins the list, or replaces it where something is missing between', () => {
  expect(ids(renew(of('3 2 1'), of('5 4 3'), 10))).toBe('5 4 3 2 1');
  expect(ids(renew(of('3 2 1'), of('9 8 7'), 10))).toBe('9 8 7');
  expect(ids(renew([], of('2 1'), 10))).toBe('2 1');
});

test('the page is right for its range: what the feed brought before it stays in front, what it missed comes between', () => {
  expect(ids(renew(of('6'), of('6 5 4'), 10))).toBe('6 5 4');
  expect(ids(renew(of('7 5 2'), of('6 5 4'), 10))).toBe('7 6 5 4 2');
  expect(ids(renew(of('9 8 7 6 5'), of('5 4 3'), 5))).toBe('9 8 7 6 5');
  expect(ids(renew(of('3 2 1'), of('5 4 3'), 4))).toBe('5 4 3 2');
  const list = of('3 2 1');
  expect(renew(list, of('3 2'), 10)).toBe(list);
  expect(renew(list, [], 10)).toEqual([]);
});
