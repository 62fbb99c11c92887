/** A part of the picture: the polygons of zones, masks and gates. Coordinates are fractions of the source frame. */
import { z } from 'zod';
import { type Point, point } from '../names.ts';

/** Points closer than this (fraction of the frame) are one. */
export const SAME_POINT = 1e-4;

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Are all points on one line? */
function isFlat(points: readonly Point[]): boolean {
  const [first] = points;
  if (!first) return true;
  const far = points.reduce((a, b) => (distance(first, b) > distance(first, a) ? b : a), first);
  const length = distance(first, far);
  const away = ([x, y]: Point) => Math.abs((far[0] - first[0]) * (y - first[1]) - (far[1] - first[1]) * (x - first[0]));
  return length <= SAME_POINT || points.every((p) => away(p) <= SAME_POINT * length);
}

/** On which side of the line from `a` to `b` the point `c` lies: above 0, below 0, or 0 on it. */
function side(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/**
 * The first two edges of a closed polygon that cross each other; edge n begins at corner n. Edges that only touch do not cross.
 * Source: the orientation test of segments (Cormen et al., "Introduction to Algorithms", 33.1).
 */
export function crossingEdges(polygon: readonly Point[]): readonly [number, number] | undefined {
  const edges = polygon.map((from, index) => [from, polygon[(index + 1) % polygon.length] ?? from] as const);
  for (const [i, [a, b]] of edges.entries())
    for (const [j, [c, d]] of edges.entries())
      if (j > i && side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0) return [i, j];
  return undefined;
}

/** Three to 64 corners in the order in which one walks round; it has an area, and its edges do not cross. */
export const polygon = z
  .array(point)
  .min(3)
  .max(64)
  .superRefine((points, context) => {
    const wrong = (message: string) => context.addIssue({ code: 'custom', message });
    if (isFlat(points)) return wrong('are all on one line: the polygon has no area');
    const [one, other] = crossingEdges(points) ?? [];
    if (one !== undefined && other !== undefined)
      wrong(
        `the edge that begins at point ${one} crosses the one that begins at point ${other}; give the points in the order in which one walks round the polygon`,
      );
  });
