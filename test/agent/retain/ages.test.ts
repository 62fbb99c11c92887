import { expect, test } from 'vitest';
import { HOUR_MS, newAges, olderThan, served } from '../../../agent/retain/ages.ts';

const LONGEST_MS = 100 * HOUR_MS;
const at = (epoch: string, lastSeq: number) => ({ epoch, lastSeq });

test('with another epoch all numbers are new: none is old, and of none is anything gone; the time of service goes on', () => {
  let before = { ...newAges('e1'), done: { events: 4_000 } };
  for (let hour = 0; hour < 5; hour++)
    before = { ...served(before, at('e1', 1000 * hour), HOUR_MS, LONGEST_MS), done: before.done };
  expect(olderThan(before, 2 * HOUR_MS)).toBe(2_000);
  const after = served(before, at('e2', 7), HOUR_MS, LONGEST_MS);
  expect(after).toEqual({ ...newAges('e2'), servedMs: 6 * HOUR_MS, marks: [{ servedMs: 6 * HOUR_MS, upTo: 7 }] });
  expect(olderThan(after, HOUR_MS)).toBe(0);
  expect(olderThan(served(after, at('e2', 50), 2 * HOUR_MS, LONGEST_MS), 2 * HOUR_MS)).toBe(7);
});
