import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crossingEdges } from '../../../../shared/contract/config/polygon.ts';

test('edges that cross are found whichever corner comes first and whichever way one walks', () => {
  const bowTie: [number, number][] = [
    [0, 0],
    [1, 1],
    [1, 0],
    [0, 1],
  ];
  expect(crossingEdges(bowTie)).toEqual([0, 2]);
  for (let first = 0; first < 4; first++) {
    const turned = [...bowTie.slice(first), ...bowTie.slice(0, first)];
    expect(crossingEdges(turned)).toBeDefined();
    expect(crossingEdges(turned.toReversed())).toBeDefined();
  }
});

test('no edges cross in the corners of a circle walked in order, and two of the corners changed make them cross', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 64 }), fc.nat(), (corners, at) => {
      const ring = Array.from({ length: corners }, (_, i): [number, number] => {
        const angle = (2 * Math.PI * i) / corners;
        return [0.5 + Math.cos(angle) / 2, 0.5 + Math.sin(angle) / 2];
      });
      expect(crossingEdges(ring)).toBeUndefined();
      const [one, other] = [at % corners, (at + 1) % corners];
      const changed = ring.map((point, i) => (i === one ? ring[other] : i === other ? ring[one] : point) ?? point);
      expect(crossingEdges(changed)).toBeDefined();
    }),
  );
});

test('edges that only touch do not cross: a corner on another edge, the same corner twice', () => {
  expect(
    crossingEdges([
      [0, 0],
      [1, 0],
      [0.5, 0],
      [0.5, 1],
    ]),
  ).toBeUndefined();
  expect(
    crossingEdges([
      [0, 0],
      [0.5, 0.5],
      [1, 0],
      [1, 1],
      [0.5, 0.5],
      [0, 1],
    ]),
  ).toBeUndefined();
});
