import { expect, test } from 'vitest';
import { BoundedCounts } from '../../../shared/kit/bounded-counts.ts';

test('names beyond the bound do not count; what is known makes room for them', () => {
  const counts = new BoundedCounts(3);
  expect(['a', 'b', 'a', 'c', 'd', 'a'].map((name) => counts.add(name))).toEqual([true, true, true, true, false, true]);
  expect(counts.all()).toEqual({ a: 3, b: 1, c: 1 });
  counts.makeRoom(() => ['a', 'd']);
  expect([counts.add('d'), counts.of('d'), counts.of('b')]).toEqual([true, 1, 0]);
  counts.makeRoom(() => {
    throw new Error('there is room');
  });
  expect(counts.all()).toEqual({ a: 3, d: 1 });
});
