import { expect, test } from 'vitest';
import { createThinning } from '../../../../shared/engine/frames/thinning.ts';

/** Ten seconds of a camera at `fps` of whose frames each `needed`-th is needed by others. */
function play(fps: number, wanted: number, needed: number, change: (second: number) => number = () => fps) {
  const thinning = createThinning(wanted);
  let skipped = 0;
  let packets = 0;
  const decoded = new Array<number>(10).fill(0);
  for (let ms = 0; ms < 10_000; ms += 1000 / change(ms / 1000)) {
    const isThin = thinning.packet(ms);
    packets++;
    skipped += thinning.skipped();
    if (isThin && packets % needed !== 0) continue;
    thinning.frame();
    decoded[Math.floor(ms / 1000)] = (decoded[Math.floor(ms / 1000)] ?? 0) + 1;
  }
  return { decoded, skipped, packets };
}

test('where enough frames are left, the others are left out after a second, and counted', () => {
  const { decoded, skipped, packets } = play(30, 5, 3);
  expect(decoded[0]).toBe(30);
  expect(decoded.slice(2).every((n) => n >= 9 && n <= 11)).toBe(true);
  const known = packets - decoded.reduce((a, b) => a + b, 0);
  expect(skipped).toBeGreaterThan(known * 0.8);
  expect(skipped).toBeLessThanOrEqual(known);
});

test('where too few are left, it is tried once and given up', () => {
  const { decoded } = play(10, 5, 3);
  expect(decoded.filter((n) => n < 9).length).toBeLessThanOrEqual(2);
  expect(decoded.slice(4)).toEqual([10, 10, 10, 10, 10, 10]);
});

test('it is not tried where fewer than twice as many come', () => {
  expect(play(9, 5, 3).skipped).toBe(0);
});

test('it is given up when the camera sends fewer than before', () => {
  const { decoded } = play(30, 5, 3, (second) => (second < 5 ? 30 : 9));
  expect(decoded[3]).toBeLessThan(12);
  expect(decoded.slice(8)).toEqual([9, 9]);
});
