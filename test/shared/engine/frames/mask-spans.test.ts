import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Point } from '../../../../shared/contract/names.ts';
import { spansOf } from '../../../../shared/engine/frames/mask-spans.ts';
import { insidePolygon } from '../../../../shared/kit/polygon.ts';

const [width, height] = [40, 30];

/** Which pixels the spans cover. */
function covered(polygons: readonly (readonly Point[])[]): Set<number> {
  const all = new Set<number>();
  for (const { row, from, to } of spansOf(polygons, width, height)) {
    expect(row >= 0 && row < height && from >= 0 && from < to && to <= width).toBe(true);
    for (let x = from; x < to; x++) all.add(row * width + x);
  }
  return all;
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const polygon = fc.array(fc.tuple(fraction, fraction), { minLength: 3, maxLength: 8 });

test('whatever lies in a polygon is covered, and so is every pixel that an edge passes', () => {
  fc.assert(
    fc.property(polygon, fraction, fraction, fraction, (points: Point[], x, y, part) => {
      const pixels = covered([points]);
      const at = (px: number, py: number) =>
        Math.min(height - 1, Math.floor(py * height)) * width + Math.min(width - 1, Math.floor(px * width));
      if (insidePolygon([x, y], points)) expect(pixels.has(at(x, y))).toBe(true);
      const [[ax, ay] = [0, 0], [bx, by] = [0, 0]] = points;
      expect(pixels.has(at(ax + (bx - ax) * part, ay + (by - ay) * part))).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a pixel that is further than two from a polygon is not covered', () => {
  const pixels = covered([
    [
      [0.25, 0.2],
      [0.5, 0.2],
      [0.5, 0.6],
      [0.25, 0.6],
    ],
  ]);
  // Columns 10 to 19, rows 6 to 17.
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; x++) {
      const far = x < 8 || x > 21 || row < 4 || row > 19;
      if (far) expect(pixels.has(row * width + x)).toBe(false);
    }
  }
});

test('a star that crosses itself has no hole in its middle', () => {
  const star = [0, 2, 4, 1, 3].map((step): Point => {
    const angle = (step * 2 * Math.PI) / 5 - Math.PI / 2;
    return [0.5 + 0.45 * Math.cos(angle), 0.5 + 0.45 * Math.sin(angle)];
  });
  expect(covered([star]).has(15 * width + 20)).toBe(true);
});

test('without a polygon nothing is covered, and the whole picture can be', () => {
  expect(spansOf([], width, height)).toEqual([]);
  expect(
    covered([
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    ]).size,
  ).toBe(width * height);
});
