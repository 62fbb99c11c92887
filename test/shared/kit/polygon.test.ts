import fc from 'fast-check';
import { expect, test } from 'vitest';
import { insidePolygon } from '../../../shared/kit/polygon.ts';

test('a concave polygon', () => {
  const u: [number, number][] = [
    [0, 0],
    [0.3, 0],
    [0.3, 0.7],
    [0.7, 0.7],
    [0.7, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  expect(insidePolygon([0.5, 0.5], u)).toBe(false);
  expect(insidePolygon([0.15, 0.5], u)).toBe(true);
  expect(insidePolygon([0.5, 0.85], u)).toBe(true);
});

test('a box holds what lies between its sides, and no polygon of nothing holds anything', () => {
  // Sides lie on whole numbers, points between them.
  const side = fc.integer({ min: -9, max: 9 });
  const place = side.map((n) => n + 0.5);
  fc.assert(
    fc.property(side, side, side, side, place, place, (a, b, c, d, x, y) => {
      const [left, right, top, bottom] = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)];
      const box: [number, number][] = [
        [left, top],
        [right, top],
        [right, bottom],
        [left, bottom],
      ];
      const inside = x > left && x < right && y > top && y < bottom;
      expect(insidePolygon([x, y], box)).toBe(inside);
      expect(insidePolygon([x, y], box.toReversed())).toBe(inside);
      // The corner where it begins does not matter.
      expect(insidePolygon([x, y], [...box.slice(1), ...box.slice(0, 1)])).toBe(inside);
      expect(insidePolygon([x, y], [])).toBe(false);
      expect(insidePolygon([x, y], box.slice(0, 2))).toBe(false);
    }),
  );
});

test('a triangle: by which side of each slanted edge a point lies', () => {
  const triangle: [number, number][] = [
    [0.5, 0],
    [1, 1],
    [0, 1],
  ];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }), (a, b) => {
      // Never on an edge.
      const [x, y] = [a / 100 + 0.0025, b / 100 + 0.003];
      expect(insidePolygon([x, y], triangle)).toBe(Math.abs(x - 0.5) < y / 2);
    }),
  );
});

test('points on a border: what touches the next polygon is in one of the two, and never in both', () => {
  const at = (left: number): [number, number][] => [
    [left, 0],
    [left + 1, 0],
    [left + 1, 1],
    [left, 1],
  ];
  for (const y of [0, 0.25, 0.5]) {
    expect([insidePolygon([1, y], at(0)), insidePolygon([1, y], at(1))]).toEqual([false, true]);
    expect(insidePolygon([0, y], at(0))).toBe(true);
  }
  expect([insidePolygon([0.5, 0], at(0)), insidePolygon([0.5, 1], at(0))]).toEqual([true, false]);
});
