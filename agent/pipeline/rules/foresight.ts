/**
 * When a track may come to an edge: a line, a side of a zone. Tracks are taken to go straight on, as walkers mostly do, with
 * an error that grows with time.
 */
import type { Point } from '../../../shared/contract/names.ts';
import type { Moving } from '../stage.ts';
import { footOf } from './objects.ts';

export type Edge = readonly [Point, Point];

/** A box trembles by this much (of its height), also that of somebody who stands still. */
const TREMBLE = 0.1;
/** So far (of its height) an object may be from where it was expected after a second: people turn, stop and start. */
const STRAY = 0.3;
const STEP_MS = 50;

/**
 * How long no foot can be at any of the edges.
 * @param horizonMs longer need not be looked ahead
 * @returns 0 to `horizonMs`, in milliseconds
 */
export function quietBefore(edges: readonly Edge[], moving: readonly Moving[], horizonMs: number): number {
  return moving.reduce((quiet, track) => untilReached(edges, track, quiet), horizonMs);
}

function untilReached(edges: readonly Edge[], { box, velocity }: Moving, horizonMs: number): number {
  const [x, y] = footOf(box);
  for (let ms = 0; ms < horizonMs; ms += STEP_MS) {
    const seconds = ms / 1000;
    const foot: Point = [x + velocity[0] * seconds, y + velocity[1] * seconds];
    const reach = (TREMBLE + STRAY * seconds) * box[3];
    if (edges.some((edge) => distance(foot, edge) <= reach)) return ms;
  }
  return horizonMs;
}

/** Distance of a point from a segment. */
function distance([x, y]: Point, [[ax, ay], [bx, by]]: Edge): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

/** The sides of a polygon. */
export function sidesOf(points: readonly Point[]): Edge[] {
  return points.map((point, index): Edge => [points[index - 1] ?? points.at(-1) ?? point, point]);
}
