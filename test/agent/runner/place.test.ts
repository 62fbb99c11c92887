import fc from 'fast-check';
import { expect, test } from 'vitest';
import { place } from '../../../agent/runner/place.ts';

test('streams are dealt like cards', () => {
  expect(place([], ['a', 'b', 'c', 'd', 'e'], 2)).toEqual([
    ['a', 'c', 'e'],
    ['b', 'd'],
  ]);
  expect(place([], ['a'], 4)).toEqual([['a']]);
  expect(place([], [], 4)).toEqual([[]]);
});

const names = fc.uniqueArray(fc.constantFrom(...'abcdefghij'), { maxLength: 10 });

test('each stream has one runner, those that had one keep it, and no runner is needed that is not allowed', () => {
  fc.assert(
    fc.property(names, names, fc.integer({ min: 1, max: 5 }), (first, second, runners) => {
      const before = place([], first, runners);
      const after = place(before, second, runners);
      expect(after.flat().toSorted()).toEqual(second.toSorted());
      for (const [index, hand] of before.entries())
        for (const stream of hand) if (second.includes(stream)) expect(after[index]).toContain(stream);
      expect(after.filter((hand) => hand.length > 0).length).toBeLessThanOrEqual(runners);
    }),
  );
});

test('runners that begin anew differ by one stream at most', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 5 }), (streams, runners) => {
      const sizes = place([], streams, runners).map((hand) => hand.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});
