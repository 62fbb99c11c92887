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
