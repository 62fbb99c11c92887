import fc from 'fast-check';
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

type Matrix = number[][];
const build = (rows: number, columns: number, value: (row: number, column: number) => number): Matrix =>
  Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => value(row, column)));
const cell = (m: Matrix, row: number, column: number) => m[row]?.[column] ?? Number.NaN;
const width = (m: Matrix) => m[0]?.length ?? 0;
const times = (a: Matrix, b: Matrix) =>
  build(a.length, width(b), (i, j) => b.reduce((sum, _, k) => sum + cell(a, i, k) * cell(b, k, j), 0));
const plus = (a: Matrix, b: Matrix, sign = 1) =>
  build(a.length, width(a), (i, j) => cell(a, i, j) + sign * cell(b, i, j));
const turned = (m: Matrix) => build(width(m), m.length, (i, j) => cell(m, j, i));
const diagonal = (values: readonly number[]) =>
  build(values.length, values.length, (i, j) => (i === j ? (values[i] ?? 0) : 0));

/** By Gauss and Jordan; for the positive definite ones here without looking for pivots. */
function inverse(m: Matrix): Matrix {
  const n = m.length;
  const rows = m.map((row, i) => [...row, ...build(1, n, (_, j) => Number(i === j)).flat()]);
  for (const [i, pivot] of rows.entries()) {
    const by = pivot[i] ?? Number.NaN;
    for (const [j, value] of pivot.entries()) pivot[j] = value / by;
    for (const other of rows) {
      if (other === pivot) continue;
      const factor = other[i] ?? Number.NaN;
      for (const [j, value] of pivot.entries()) other[j] = (other[j] ?? 0) - factor * value;
    }
  }
  return rows.map((row) => row.slice(n));
}

/** The filter as it is published: eight numbers, full matrices; noises per frame at 30 a second. */
function published(first: Box) {
  const measure = ([x, y, w, h]: Box) => [x + w / 2, y + h / 2, w / h, h];
  const squared = (values: readonly number[]) => diagonal(values.map((value) => value ** 2));
  const h = first[3];
  let mean: Matrix = turned([[...measure(first), 0, 0, 0, 0]]);
  let covariance = squared([
    ...[(2 * h) / 20, (2 * h) / 20, 0.01, (2 * h) / 20],
    ...[(10 * 30 * h) / 160, (10 * 30 * h) / 160, 30e-5, (10 * 30 * h) / 160],
  ]);
  const observe = build(4, 8, (i, j) => Number(i === j));
  return {
    predict(seconds: number, frozen: boolean) {
      const height = cell(mean, 3, 0);
      if (frozen) mean = mean.map((row, i) => (i === 6 || i === 7 ? [0] : row));
      const motion = build(8, 8, (i, j) => (i === j ? 1 : j === i + 4 ? seconds : 0));
      const noise = squared([
        ...[height / 20, height / 20, 0.01, height / 20],
        ...[(30 * height) / 160, (30 * height) / 160, 30e-5, (30 * height) / 160],
      ]).map((row) => row.map((value) => value * seconds * 30));
      mean = times(motion, mean);
      covariance = plus(times(times(motion, covariance), turned(motion)), noise);
    },
    correct(box: Box) {
      const height = cell(mean, 3, 0);
      const noise = squared([height / 20, height / 20, 0.1, height / 20]);
      const crossed = times(covariance, turned(observe));
      const gain = times(crossed, inverse(plus(times(observe, crossed), noise)));
      mean = plus(mean, times(gain, plus(turned([measure(box)]), times(observe, mean), -1)));
      covariance = times(
        plus(
          build(8, 8, (i, j) => Number(i === j)),
          times(gain, observe),
          -1,
        ),
        covariance,
      );
    },
    box(): Box {
      const [x = 0, y = 0, aspect = 0, high = 0] = mean.flat();
      return [x - (aspect * high) / 2, y - high / 2, aspect * high, high];
    },
    velocity: () => mean.flat().slice(4, 6),
  };
}

test('four small filters do what the published one does with full matrices', () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const side = fc.double({ min: 0.05, max: 0.4, noNaN: true });
  const step = fc.record({
    seconds: fc.double({ min: 0, max: 1, noNaN: true }),
    frozen: fc.boolean(),
    measured: fc.option(fc.tuple(fraction, fraction, side, side), { freq: 4 }),
  });
  fc.assert(
    fc.property(fc.tuple(fraction, fraction, side, side), fc.array(step, { maxLength: 12 }), (first, steps) => {
      const [ours, theirs] = [createBoxFilter(first), published(first)];
      for (const { seconds, frozen, measured } of steps) {
        for (const filter of [ours, theirs]) filter.predict(seconds, frozen);
        // Where a size is expected to vanish, ours stops at the smallest there is.
        fc.pre(theirs.box()[2] > 1e-3 && theirs.box()[3] > 1e-3);
        if (measured) for (const filter of [ours, theirs]) filter.correct(measured);
        fc.pre(theirs.box()[2] > 1e-3 && theirs.box()[3] > 1e-3);
        for (const [i, value] of theirs.box().entries()) expect(ours.box()[i]).toBeCloseTo(value, 8);
        for (const [i, value] of theirs.velocity().entries()) expect(ours.velocity()[i]).toBeCloseTo(value, 7);
      }
    }),
  );
});
