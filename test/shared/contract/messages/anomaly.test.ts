import { expect, test } from 'vitest';
import { contributions, expected, levelOf } from '../../../../shared/contract/messages/anomaly.ts';

test('how grave an anomaly is, by how many times the threshold its peak is', () => {
  const at = (peak: number) => levelOf(peak, 2);
  expect([at(2), at(5.99), at(6), at(19.99), at(20), at(1e9)]).toEqual([
    'notice',
    'notice',
    'warning',
    'warning',
    'alarm',
    'alarm',
  ]);
});

test('where there is no threshold to compare with, it is a notice', () => {
  for (const threshold of [0, -1, Number.NaN]) expect(levelOf(100, threshold)).toBe('notice');
});

test('a record says of at most 64 channels more than the value', () => {
  const many = <T>(count: number, value: T) => Object.fromEntries(Array.from({ length: count }, (_, i) => [i, value]));
  expect(contributions.safeParse(many(64, 0.5)).success).toBe(true);
  expect(contributions.safeParse(many(65, 0.5)).success).toBe(false);
  expect(expected.safeParse(many(64, [1, 2])).success).toBe(true);
  expect(expected.safeParse(many(65, [1, 2])).success).toBe(false);
  expect(contributions.safeParse({ ['x'.repeat(128)]: 0 }).success).toBe(true);
  expect(contributions.safeParse({ ['x'.repeat(129)]: 0 }).success).toBe(false);
  for (const share of [0, 1]) expect(contributions.safeParse({ a: share }).success).toBe(true);
  for (const share of [-0.01, 1.01]) expect(contributions.safeParse({ a: share }).success).toBe(false);
  expect(expected.safeParse({ a: [1] }).success).toBe(false);
});
