import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  fitInto,
  forwardArrow,
  middleOf,
  overlaps,
  placeBox,
  placeLabels,
  placePoint,
} from '../../../../cloud-hub/dashboard/live/geometry.ts';

const side = fc.double({ min: 1, max: 5000, noNaN: true });
const size = fc.record({ width: side, height: side });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

test('a fitted picture keeps its proportions, touches two edges, and is centred', () => {
  fc.assert(
    fc.property(size, size, (picture, area) => {
      const rect = fitInto(picture, area);
      expect(rect.width / rect.height).toBeCloseTo(picture.width / picture.height, 4);
      expect(rect.width).toBeLessThanOrEqual(area.width * 1.000001);
      expect(rect.height).toBeLessThanOrEqual(area.height * 1.000001);
      expect(Math.min(area.width - rect.width, area.height - rect.height)).toBeCloseTo(0, 5);
      expect(rect.x * 2 + rect.width).toBeCloseTo(area.width, 5);
      expect(rect.y * 2 + rect.height).toBeCloseTo(area.height, 5);
    }),
  );
});

test('a picture without a size fills the area', () => {
  expect(fitInto({ width: 0, height: 0 }, { width: 8, height: 6 })).toEqual({ x: 0, y: 0, width: 8, height: 6 });
});

test('boxes stay inside the picture, whatever the detector says', () => {
  const wild = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(wild, wild, wild, wild, (x, y, w, h) => {
      const within = { x: 10, y: 20, width: 200, height: 100 };
      const rect = placeBox([x, y, w, h], within);
      expect(rect.width).toBeGreaterThanOrEqual(0);
      expect(rect.height).toBeGreaterThanOrEqual(0);
      expect(rect.x).toBeGreaterThanOrEqual(10);
      expect(rect.y).toBeGreaterThanOrEqual(20);
      expect(rect.x + rect.width).toBeLessThanOrEqual(210.000001);
      expect(rect.y + rect.height).toBeLessThanOrEqual(120.000001);
    }),
  );
});

test('a box and a point land where their fractions say', () => {
  const within = { x: 10, y: 20, width: 200, height: 100 };
  expect(placeBox([0.25, 0.5, 0.5, 0.25], within)).toEqual({ x: 60, y: 70, width: 100, height: 25 });
  expect(placePoint([1, 0], within)).toEqual([210, 20]);
});

test('labels keep inside the picture, and off each other where there is room', () => {
  const within = { x: 0, y: 0, width: 400, height: 300 };
  const label = { width: 60, height: 18 };
  const spot = fc.tuple(fraction, fraction).map(([x, y]) => ({
    box: { x: x * 400, y: y * 300, width: 40, height: 60 },
    size: label,
  }));
  fc.assert(
    fc.property(fc.array(spot, { maxLength: 20 }), (spots) => {
      const placed = placeLabels(spots, within);
      expect(placed).toHaveLength(spots.length);
      for (const rect of placed) {
        expect(rect.x).toBeGreaterThanOrEqual(0);
        expect(rect.y).toBeGreaterThanOrEqual(0);
        expect(rect.x + rect.width).toBeLessThanOrEqual(400);
        expect(rect.y + rect.height).toBeLessThanOrEqual(300);
      }
    }),
  );
  const box = { x: 100, y: 100, width: 40, height: 60 };
  const [first, second, third] = placeLabels(
    [box, box, box].map((b) => ({ box: b, size: label })),
    within,
  );
  expect([first?.y, second?.y, third?.y]).toEqual([82, 160, 100]);
  expect(first && second && overlaps(first, second)).toBe(false);
});

test('forward crosses from the left to the right of someone who walks along the line', () => {
  // Walking east, the right hand is south, which is down on the picture.
  expect(forwardArrow([0, 0], [10, 0], 5)?.to).toEqual([5, 5]);
  // Walking south, it is west.
  const south = forwardArrow([0, 0], [0, 10], 5)?.to;
  expect(south?.[0]).toBeCloseTo(-5);
  expect(south?.[1]).toBeCloseTo(5);
  expect(forwardArrow([3, 3], [3, 3], 5)).toBeUndefined();
});

test('an arrow has its tip and its barbs', () => {
  const arrow = forwardArrow([0, 0], [10, 0], 100);
  expect(arrow?.from).toEqual([5, 0]);
  expect(arrow?.to).toEqual([5, 100]);
  expect(arrow?.head.map(([x, y]) => [Math.round(x), Math.round(y)])).toEqual([
    [-23, 62],
    [33, 62],
  ]);
  // Of a line that leans, in the middle of both.
  const leaning = forwardArrow([0, 0], [6, 8], 10);
  expect(leaning?.from).toEqual([3, 4]);
  expect(leaning?.to[0]).toBeCloseTo(-5);
  expect(leaning?.to[1]).toBeCloseTo(10);
  expect(leaning?.head[1][0]).toBeCloseTo(3 - 8 * 0.62 + 0.28 * 6);
  expect(leaning?.head[1][1]).toBeCloseTo(4 + 6 * 0.62 + 0.28 * 8);
});

test('the middle of corners, even of none', () => {
  expect(
    middleOf([
      [0, 0],
      [4, 0],
      [2, 6],
    ]),
  ).toEqual([2, 2]);
  expect(middleOf([])).toEqual([0, 0]);
});

test('rectangles that touch do not overlap; a label larger than the picture begins at its corner', () => {
  const rect = (x: number, y: number) => ({ x, y, width: 10, height: 10 });
  expect([rect(10, 0), rect(0, 10), rect(-10, 0), rect(0, -10)].map((other) => overlaps(rect(0, 0), other))).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([rect(9, 0), rect(0, 9), rect(-9, 0), rect(0, -9)].every((other) => overlaps(rect(0, 0), other))).toBe(true);
  const within = { x: 5, y: 5, width: 20, height: 10 };
  expect(placeLabels([{ box: rect(10, 8), size: { width: 60, height: 40 } }], within)).toEqual([
    { x: 5, y: 5, width: 60, height: 40 },
  ]);
  expect(fitInto({ width: 4, height: 0 }, { width: 8, height: 6 })).toEqual({ x: 0, y: 0, width: 8, height: 6 });
});

test('where every place is taken, a label stands above its box', () => {
  const box = { x: 100, y: 100, width: 40, height: 60 };
  const size = { width: 60, height: 18 };
  const within = { x: 0, y: 0, width: 400, height: 300 };
  const places = placeLabels(
    [box, box, box, box].map((b) => ({ box: b, size })),
    within,
  );
  expect(places.map(({ y }) => y)).toEqual([82, 160, 100, 82]);
});
