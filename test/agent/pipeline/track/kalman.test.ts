import { expect, test } from 'vitest';
import { createBoxFilter } from '../../../../agent/pipeline/track/kalman.ts';
import type { Box } from '../../../../shared/contract/names.ts';

const at = (x: number, y = 0.4): Box => [x, y, 0.1, 0.2];

/** A box that goes 0.2 of the picture's width a second, seen at these times (s). */
function follow(times: readonly number[]) {
  const filter = createBoxFilter(at(0));
  let last = 0;
  for (const t of times) {
    filter.predict(t - last, false);
    filter.correct(at(0.2 * t));
    last = t;
  }
  return filter;
}

test('speed is of time, not of frames: uneven steps lead to the same place', () => {
  const even = follow(Array.from({ length: 30 }, (_, i) => (i + 1) / 10));
  const uneven = follow([0.1, 0.5, 0.6, 0.9, 1.4, 1.5, 1.6, 2.1, 2.2, 2.6, 2.9, 3.0]);
  for (const filter of [even, uneven]) {
    filter.predict(1, false);
    expect(filter.box()[0]).toBeCloseTo(0.8, 1);
    expect(filter.box()[3]).toBeCloseTo(0.2, 2);
  }
});

test('a box that stands still stays, whatever the time', () => {
  const filter = createBoxFilter(at(0.3));
  for (let i = 0; i < 20; i++) {
    filter.predict(0.1, false);
    filter.correct(at(0.3));
  }
  filter.predict(5, true);
  for (const [index, value] of at(0.3).entries()) expect(filter.box()[index]).toBeCloseTo(value, 6);
});

test('boxes without size give finite numbers', () => {
  const filter = createBoxFilter([0.5, 0.5, 0, 0]);
  for (let i = 0; i < 50; i++) {
    filter.predict(i % 3, i % 2 === 0);
    if (i % 4 === 0) filter.correct([0.5, 0.5, i % 8 === 0 ? 0 : 0.1, 0]);
    expect(filter.box().every((v) => Number.isFinite(v))).toBe(true);
  }
});
