/** From fractions of the source frame to pixels of a canvas. Pure; y grows downwards. */
import type { Box, Point } from '../../../shared/contract/names.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in pixels of its top-left corner and size. */
export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** The largest rectangle with the picture's proportions, centred in the area. */
export function fitInto(picture: Size, area: Size): Rect {
  if (picture.width <= 0 || picture.height <= 0) return { x: 0, y: 0, width: area.width, height: area.height };
  const scale = Math.min(area.width / picture.width, area.height / picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
}

/** A box that reaches over the edge of the frame is cut there. */
export function placeBox(box: Box, within: Rect): Rect {
  const [x, y, width, height] = box;
  const left = clamp(x, 0, 1);
  const top = clamp(y, 0, 1);
  const right = clamp(x + width, left, 1);
  const bottom = clamp(y + height, top, 1);
  return {
    x: within.x + left * within.width,
    y: within.y + top * within.height,
    width: (right - left) * within.width,
    height: (bottom - top) * within.height,
  };
}

export function placePoint([x, y]: Point, within: Rect): Point {
  return [within.x + x * within.width, within.y + y * within.height];
}

export interface LabelSpot {
  readonly box: Rect;
  readonly size: Size;
}

/**
 * Where labels go: above their box, else below, else inside at the top, whichever is the first that hides no label placed
 * before it; where each would, above. Never over the edges of `within` while they are smaller than it. The first label has
 * the first choice.
 */
export function placeLabels(spots: readonly LabelSpot[], within: Rect): readonly Rect[] {
  const placed: Rect[] = [];
  for (const { box, size } of spots) {
    const x = clamp(box.x, within.x, Math.max(within.x, within.x + within.width - size.width));
    const candidates = [box.y - size.height, box.y + box.height, box.y].map((y) => {
      return { x, y: clamp(y, within.y, Math.max(within.y, within.y + within.height - size.height)), ...size };
    });
    const free = candidates.find((candidate) => !placed.some((other) => overlaps(candidate, other)));
    const rect = free ?? candidates[0];
    if (rect) placed.push(rect);
  }
  return placed;
}

export function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

export interface Arrow {
  readonly from: Point;
  readonly to: Point;
  /** The two barbs of its head. */
  readonly head: readonly [Point, Point];
}

/**
 * The arrow of a crossing `forward`: from the middle of the line, at a right angle, from its left to its right as seen
 * while walking from `from` to `to` (shared/contract/config/rules.ts).
 * @returns undefined for a line without length
 */
export function forwardArrow(from: Point, to: Point, length: number): Arrow | undefined {
  const dx = to[0] - from[0];
  const dy = to[1] - from[1];
  const distance = Math.hypot(dx, dy);
  if (distance === 0) return undefined;
  const along: Point = [dx / distance, dy / distance];
  // With y downwards, the right-hand side of (x, y) is (-y, x).
  const across: Point = [-along[1], along[0]];
  const middle: Point = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const tip: Point = [middle[0] + across[0] * length, middle[1] + across[1] * length];
  const barb = (side: number): Point => [
    tip[0] - across[0] * length * 0.38 + side * along[0] * length * 0.28,
    tip[1] - across[1] * length * 0.38 + side * along[1] * length * 0.28,
  ];
  return { from: middle, to: tip, head: [barb(-1), barb(1)] };
}

/** The middle of a polygon's corners: good enough a place for its name. */
export function middleOf(points: readonly Point[]): Point {
  const n = Math.max(1, points.length);
  return [points.reduce((sum, [x]) => sum + x, 0) / n, points.reduce((sum, [, y]) => sum + y, 0) / n];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
