import fc from 'fast-check';
import { expect, test } from 'vitest';
import { append, prepend, renew } from '../../../../cloud-hub/dashboard/state/bounded.ts';

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
      const list = renew(append(prepend([], a, n), b, n), c, n);
      expect(list.length).toBeLessThanOrEqual(n);
      expect(new Set(list.map(({ id }) => id)).size).toBe(list.length);
    }),
  );
});

test('fresh items come in front and push out the oldest; older ones never push out anything', () => {
  expect(ids(prepend(of('3 2 1'), of('5 4 3'), 4))).toBe('5 4 3 2');
  expect(ids(append(of('5 4'), of('4 3 2'), 3))).toBe('5 4 3');
});

test('an unchanged list stays the same object', () => {
  const list = of('2 1');
  expect(prepend(list, of('1'), 5)).toBe(list);
  expect(append(list, of('2'), 5)).toBe(list);
});

test('a fresh first page joins the list, or replaces it where something is missing between', () => {
  expect(ids(renew(of('3 2 1'), of('5 4 3'), 10))).toBe('5 4 3 2 1');
  expect(ids(renew(of('3 2 1'), of('9 8 7'), 10))).toBe('9 8 7');
  expect(ids(renew([], of('2 1'), 10))).toBe('2 1');
});
