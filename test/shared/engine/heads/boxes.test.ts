import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addBox, cellsOf, cornersOf, logit, sigmoid } from '../../../../shared/engine/heads/boxes.ts';
import type { Candidate } from '../../../../shared/engine/heads/head.ts';
import { suppress } from '../../../../shared/engine/heads/nms.ts';
import { broken } from './things.ts';

const box = { label: 1, score: 0.5, x1: 1, y1: 2, x2: 3, y2: 4 };
const added = (change: Partial<Candidate>) => {
  const found: Candidate[] = [];
  addBox(found, { ...box, ...change }, 'kind', 7);
  return found;
};

test('a box is taken unless it is empty; a score past 1 is 1', () => {
  expect(added({})).toEqual([box]);
  expect(added({ score: 1.0001 })).toEqual([{ ...box, score: 1 }]);
  for (const empty of [{ x2: 1 }, { x2: 0 }, { y2: 2 }, { y2: -1 }, { x2: 1, y2: 2 }]) expect(added(empty)).toEqual([]);
  expect(added({ x2: 1.0001, y2: 2.0001 })).toHaveLength(1);
});

test.each(broken)('%s in a score or a side is the model’s failure', (wrong) => {
  for (const key of ['score', 'x1', 'y1', 'x2', 'y2'] as const)
    expect(() => added({ [key]: wrong })).toThrow(
      expect.objectContaining({ code: 'model-failed', message: 'kind: the score or box of row 7 is NaN or infinite' }),
    );
});

test('cells go stride by stride and row by row; those that are covered only in part count where that is asked', () => {
  expect(cellsOf([2, 3], 5, 4)).toEqual([
    { x: 0, y: 0, stride: 2 },
    { x: 1, y: 0, stride: 2 },
    { x: 0, y: 1, stride: 2 },
    { x: 1, y: 1, stride: 2 },
    { x: 0, y: 0, stride: 3 },
  ]);
  expect(cellsOf([3], 5, 4, true)).toEqual([
    { x: 0, y: 0, stride: 3 },
    { x: 1, y: 0, stride: 3 },
    { x: 0, y: 1, stride: 3 },
    { x: 1, y: 1, stride: 3 },
  ]);
  expect(cellsOf([4], 8, 4, true)).toEqual(cellsOf([4], 8, 4));
  expect(cellsOf([9], 8, 8)).toEqual([]);
});

test('corners of a centre, and the sigmoid with its inverse', () => {
  expect(cornersOf(10, 20, 4, 6)).toEqual({ x1: 8, y1: 17, x2: 12, y2: 23 });
  expect([sigmoid(0), logit(0.5), logit(0), logit(1)]).toEqual([
    0.5,
    0,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (score) => {
      expect(sigmoid(logit(score))).toBeCloseTo(score, 9);
    }),
  );
});

/** A box one wide and high, at x. */
const at = (x: number, score: number, label = 0): Candidate => ({ label, score, x1: x, y1: 0, x2: x + 1, y2: 1 });

test('boxes that overlap by exactly the limit both stay, by more only the better one, of other labels both', () => {
  // Half of each: 0.5 of 1.5.
  const pair = [at(0, 0.9), at(0.5, 0.8)];
  expect(suppress(pair, 1 / 3)).toEqual(pair);
  expect(suppress(pair, 0.333)).toEqual(pair.slice(0, 1));
  expect(suppress(pair.toReversed(), 0.333)).toEqual(pair.slice(0, 1));
  expect(suppress([at(0, 0.9), at(0, 0.8, 1)], 0)).toHaveLength(2);
  // Boxes that only touch do not overlap.
  expect(suppress([at(0, 0.9), at(1, 0.8)], 0)).toHaveLength(2);
  expect(suppress([at(0, 0.9), { ...at(0, 0.8), y1: 1, y2: 2 }], 0)).toHaveLength(2);
  // A box that a dropped one has overlapped stays.
  expect(suppress([at(0, 0.9), at(0.5, 0.8), at(1, 0.7)], 0.2).map((c) => c.x1)).toEqual([0, 1]);
  expect(suppress([], 0.5)).toEqual([]);
});

test('only the best 3,000 are looked at', () => {
  const crowd = Array.from({ length: 3000 }, () => at(0, 0.9));
  expect(suppress([...crowd.slice(1), at(5, 0.1)], 0.5)).toHaveLength(2);
  expect(suppress([...crowd, at(5, 0.1)], 0.5)).toHaveLength(1);
  expect(suppress([at(5, 0.95), ...crowd], 0.5)).toHaveLength(2);
});
