/** The way of each track, as far as a rule has seen it. */
import type { Point } from '../../../shared/contract/names.ts';

export interface Paths {
  add(track: number, foot: Point): void;
  /** Oldest first; at most 64 points, thinned out where it is long. */
  of(track: number): readonly Point[];
  end(track: number): void;
}

const MAX_POINTS = 64;
/** A step shorter than this (fraction of the frame) is no step. */
const STEP = 0.004;

export function createPaths(): Paths {
  const paths = new Map<number, Point[]>();
  return {
    add(track, foot) {
      const path = paths.get(track) ?? [];
      const last = path.at(-1);
      if (last && Math.hypot(foot[0] - last[0], foot[1] - last[1]) < STEP) return;
      // The whole way with fewer points says more than the last stretch of it.
      const kept = path.length < MAX_POINTS ? path : path.filter((_, index) => index % 2 === 0);
      paths.set(track, [...kept, foot]);
    },
    of: (track) => paths.get(track) ?? [],
    end: (track) => void paths.delete(track),
  };
}
