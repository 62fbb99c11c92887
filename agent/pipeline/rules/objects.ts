/** What the rules on objects share: which objects count, where they stand, and the way that they took. */
import type { Rule } from '../../../shared/contract/config/rules.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box, Point } from '../../../shared/contract/names.ts';

type Selection = Pick<Extract<Rule, { kind: 'threshold' }>, 'labels' | 'minScore'>;

/** The test that the kinds of rules share: label and score. */
export function selector({ labels, minScore = 0 }: Selection): (object: Detection) => boolean {
  const wanted = labels && new Set(labels);
  return ({ label, score }) => score >= minScore && (wanted === undefined || wanted.has(label));
}

/** The picture's border itself is in no polygon that is drawn to it. */
const BORDER = 1e-6;

/** Where an object stands: the middle of its lower side. */
export function footOf([x, y, width, height]: Box): Point {
  return [x + width / 2, y + height];
}

/** The foot as far as the picture shows it: who is cut off by a border stands at it. */
export function footInPicture(box: Box): Point {
  const [x, y] = footOf(box);
  return [within(x), within(y)];
}

function within(fraction: number): number {
  return Math.min(1 - BORDER, Math.max(BORDER, fraction));
}

/** The way of each track, as far as a rule has seen it. */
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
