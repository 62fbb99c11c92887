import { expect, test } from 'vitest';
import { between, onward } from '../../../agent/pipeline/coast.ts';
import type { Tracked } from '../../../agent/pipeline/stage.ts';

const seen = (x: number): Tracked => ({
  label: 'person',
  score: 0.9,
  track: 1,
  box: [x, 0.2, 0.2, 0.4],
  keypoints: [{ name: 'nose', x: x + 0.1, y: 0.3, score: 0.8 }],
  mask: [
    [
      [x, 0.2],
      [x + 0.2, 0.2],
      [x + 0.1, 0.6],
    ],
  ],
});

test('keypoints and mask go where the box goes', () => {
  const [gone] = onward([seen(0.1)], [{ ...seen(0.1), velocity: [0.5, 0.1] }], 200);
  expect(gone?.box.map((v) => Math.round(v * 1000))).toEqual([200, 220, 200, 400]);
  expect(gone?.keypoints).toEqual([
    { name: 'nose', x: expect.closeTo(0.3, 6), y: expect.closeTo(0.32, 6), score: 0.8 },
  ]);
  expect(gone?.mask?.[0]?.map(([x, y]) => [Math.round(x * 1000), Math.round(y * 1000)])).toEqual([
    [200, 220],
    [400, 220],
    [300, 620],
  ]);
  const [middle] = between(500, [[seen(0.1)], 0], [[seen(0.3)], 1000]);
  expect(middle?.box[0]).toBeCloseTo(0.2, 6);
  expect(middle?.keypoints?.[0]?.x).toBeCloseTo(0.3, 6);
});

test('what leaves the picture stays on its edge, as the contract wants it; a box alone stays a box alone', () => {
  const [gone] = onward([seen(0.7)], [{ ...seen(0.7), velocity: [1, 0] }], 1000);
  expect(gone?.keypoints?.[0]?.x).toBe(1);
  const { keypoints: _, mask: __, ...bare } = seen(0.1);
  expect(onward([bare], [], 100)).toEqual([bare]);
});

test('a box without width or height has its keypoints where it goes, and no number that is none', () => {
  const flat: Tracked = {
    label: 'person',
    score: 0.9,
    track: 1,
    box: [0.1, 0.2, 0, 0],
    keypoints: [{ name: 'nose', x: 0.1, y: 0.2, score: 0.8 }],
  };
  const [gone] = onward([flat], [{ ...flat, velocity: [0.5, 0.1] }], 200);
  expect(gone?.box).toEqual([expect.closeTo(0.2, 6), expect.closeTo(0.22, 6), 0, 0]);
  expect(gone?.keypoints?.[0]).toMatchObject({ x: expect.closeTo(0.2, 6), y: expect.closeTo(0.22, 6) });
  const [middle] = between(500, [[flat], 0], [[{ ...flat, box: [0.3, 0.2, 0, 0.4] }], 1000]);
  expect(middle?.keypoints?.[0]?.x).toBeGreaterThanOrEqual(0);
});
