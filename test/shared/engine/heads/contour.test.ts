import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contoursOf, doubleArea, type Ring } from '../../../../shared/engine/heads/contour.ts';
import { simplified } from '../../../../shared/engine/heads/simplify.ts';

const grids = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    values: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
      minLength: width * height,
      maxLength: width * height,
    }),
  }),
);

/** How often rings wind round a point: clockwise counts 1. */
function winding(rings: readonly (readonly (readonly [number, number])[])[], x: number, y: number): number {
  return rings.reduce(
    (total, ring) =>
      total +
      ring.reduce((sum, [ax, ay], i) => {
        const [bx, by] = ring[(i + 1) % ring.length] ?? [ax, ay];
        if (ay <= y === by <= y) return sum;
        const at = ax + ((y - ay) / (by - ay)) * (bx - ax);
        return at > x ? sum + (by > ay ? 1 : -1) : sum;
      }, 0),
    0,
  );
}

test('exactly the middles above zero are inside, whatever the grid, and holes are outside', () => {
  fc.assert(
    fc.property(grids, ({ width, height, values }) => {
      const rings = contoursOf(values, width, height);
      for (const [i, value] of values.entries()) {
        // A value that rounding cannot tell from zero lies on the line.
        if (Math.abs(value) < 1e-6) continue;
        expect(winding(rings, i % width, Math.floor(i / width))).toBe(value > 0 ? 1 : 0);
      }
      for (const ring of rings)
        for (const [x, y] of ring) {
          expect(x).toBeGreaterThanOrEqual(-1);
          expect(x).toBeLessThanOrEqual(width);
          expect(y).toBeGreaterThanOrEqual(-1);
          expect(y).toBeLessThanOrEqual(height);
        }
    }),
    { numRuns: 500 },
  );
});

test('the line lies where the values between two middles are zero', () => {
  const [ring, ...others] = contoursOf([-1, -1, -1, -1, 3, -1, -1, -1, -1], 3, 3);
  expect(others).toEqual([]);
  expect(ring?.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])).toEqual([
    [0.25, 1],
    [1, 0.25],
    [1, 1.75],
    [1.75, 1],
  ]);
  expect(doubleArea(ring ?? [])).toBeGreaterThan(0);
});

test('nothing above zero has no rings; a hole is a ring of its own, the other way round', () => {
  expect(contoursOf([-1, 0, -2, -1], 2, 2)).toEqual([]);
  const frame = Array.from({ length: 25 }, (_, i) => (i === 12 ? -1 : 1));
  const areas = contoursOf(frame, 5, 5).map(doubleArea);
  expect(areas).toHaveLength(2);
  expect(Math.max(...areas)).toBeGreaterThan(45);
  expect(Math.min(...areas)).toBeCloseTo(-1, 6);
});

const rings = fc.array(
  fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true })),
  {
    minLength: 3,
    maxLength: 300,
  },
);

test('a simplified ring is short enough, of points of the ring in their order', () => {
  fc.assert(
    fc.property(rings, fc.integer({ min: 3, max: 64 }), (ring, most) => {
      const made = simplified(ring, 0.3, most);
      expect(made.length).toBeLessThanOrEqual(Math.max(3, most));
      const order = new Map(ring.map((point, i): [readonly [number, number], number] => [point, i]));
      const places = made.map((point) => order.get(point) ?? -1);
      expect(places.every((place, i) => place >= 0 && (i === 0 || place > (places[i - 1] ?? 0)))).toBe(true);
    }),
  );
});

test('a circle of a thousand points keeps its area', () => {
  const circle = Array.from({ length: 1000 }, (_, i): readonly [number, number] => {
    const angle = (i / 1000) * 2 * Math.PI;
    return [50 + 40 * Math.cos(angle), 50 + 40 * Math.sin(angle)];
  });
  const made = simplified(circle, 0.3, 64);
  expect(made.length).toBeLessThan(40);
  expect(doubleArea(made) / doubleArea(circle)).toBeGreaterThan(0.98);
});

test('a rectangle is its four corners, whatever points lie on its sides', () => {
  const sides: Ring = [
    [0, 0],
    [4, 0],
    [4, 1],
    [4, 3],
    [2, 3],
    [0, 3],
    [0, 1],
  ];
  expect(simplified(sides, 0.3, 64)).toEqual([
    [0, 0],
    [4, 0],
    [4, 3],
    [0, 3],
  ]);
});
