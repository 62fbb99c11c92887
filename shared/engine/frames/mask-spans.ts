/**
 * Polygons as runs of pixels, for painting over them. Generous on purpose: a pixel that a polygon touches is in, and so are its
 * neighbours. What lies within by the non-zero winding rule is in, so that no crossing of edges leaves a hole. Pure.
 */
import type { Point } from '../../contract/names.ts';

/** Pixels `from` (inclusive) to `to` (exclusive) of a row. */
export interface Span {
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

interface Crossing {
  readonly x: number;
  readonly turn: 1 | -1;
}

/** Steps along an edge, in pixels: no pixel that it passes is missed by more than a neighbour. */
const STEP = 0.5;

/** @param width, height of the plane in pixels; points are fractions of it */
export function spansOf(polygons: readonly (readonly Point[])[], width: number, height: number): Span[] {
  const inside = new Uint8Array(width * height);
  for (const polygon of polygons) {
    const corners = polygon.map(([x, y]): Point => [x * width, y * height]);
    fillInside(inside, corners, width, height);
    for (const [from, to] of edgesOf(corners)) drawEdge(inside, from, to, width, height);
  }
  return runsOf(inside, width, height);
}

function edgesOf(corners: readonly Point[]): [Point, Point][] {
  return corners.map((corner, index): [Point, Point] => [corner, corners[(index + 1) % corners.length] ?? corner]);
}

function fillInside(inside: Uint8Array, corners: readonly Point[], width: number, height: number): void {
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const crossings = edgesOf(corners)
      .flatMap(([[ax, ay], [bx, by]]): Crossing[] => {
        if (ay > y === by > y) return [];
        return [{ x: ax + ((bx - ax) * (y - ay)) / (by - ay), turn: by > ay ? 1 : -1 }];
      })
      .toSorted((a, b) => a.x - b.x);
    let winding = 0;
    for (const [index, { x, turn }] of crossings.entries()) {
      winding += turn;
      const next = crossings[index + 1];
      if (winding === 0 || !next) continue;
      const from = Math.max(0, Math.floor(x) - 1);
      const to = Math.min(width, Math.ceil(next.x) + 1);
      if (to > from) inside.fill(1, row * width + from, row * width + to);
    }
  }
}

function drawEdge(inside: Uint8Array, from: Point, to: Point, width: number, height: number): void {
  const steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / STEP);
  for (let step = 0; step <= steps; step++) {
    const part = steps === 0 ? 0 : step / steps;
    const x = Math.floor(from[0] + (to[0] - from[0]) * part);
    const y = Math.floor(from[1] + (to[1] - from[1]) * part);
    for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
      const [left, right] = [Math.max(0, x - 1), Math.min(width, x + 2)];
      if (right > left) inside.fill(1, row * width + left, row * width + right);
    }
  }
}

function runsOf(inside: Uint8Array, width: number, height: number): Span[] {
  const spans: Span[] = [];
  for (let row = 0; row < height; row++) {
    const end = (row + 1) * width;
    let at = inside.indexOf(1, row * width);
    while (at >= 0 && at < end) {
      const stop = inside.indexOf(0, at);
      const to = stop < 0 ? end : Math.min(stop, end);
      spans.push({ row, from: at - row * width, to: to - row * width });
      at = to < end ? inside.indexOf(1, to) : -1;
    }
  }
  return spans;
}
