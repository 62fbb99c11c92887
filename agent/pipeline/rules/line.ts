/** `line`: an object's foot crosses a line; counted by direction. */

import type { LineRule } from '../../../shared/contract/config/rules.ts';
import { detailsOf } from '../../../shared/contract/messages/detail.ts';
import type { Point } from '../../../shared/contract/names.ts';
import type { RuleEvent, RuleStage } from '../stage.ts';
import { quietBefore } from './foresight.ts';
import { createDebounce, createGap, type Debounced } from './hysteresis.ts';
import { createPaths, footOf, selector } from './objects.ts';

interface Walker {
  /** The side on which it counts as standing. */
  side: -1 | 1;
  /** Where it last stood clearly, on whichever side. */
  point: Point;
  /** Did its last change of sides go through the line, rather than around its end? */
  through: boolean;
  /** Has it come to the other side? */
  over: Debounced;
}

/** Closer to the line than this (fraction of the frame) is on neither side: a box that trembles does not cross. */
const MARGIN = 0.004;

/**
 * `forward` is from the line's left to its right, seen while walking from its first point to its second. Each crossing is
 * counted; one that falls into the least gap is not reported.
 */
export function createLineRule(rule: LineRule): RuleStage {
  const selects = selector(rule);
  const gap = createGap(rule.minGapS);
  const paths = createPaths();
  const walkers = new Map<number, Walker>();
  const counts = { forward: 0, backward: 0 };
  const [from, to] = rule.points;

  /** The direction in which this step completes a crossing, if it does. */
  const step = (walker: Walker, foot: Point, side: -1 | 1): 'forward' | 'backward' | undefined => {
    const before = signedDistance(walker.point, from, to) > 0 ? 1 : -1;
    if (before !== side) walker.through = segmentsCross(walker.point, foot, from, to);
    walker.point = foot;
    if (!walker.over.update(side !== walker.side)) return undefined;
    walker.side = side;
    walker.over = createDebounce(rule);
    if (!walker.through) return undefined;
    return side === 1 ? 'forward' : 'backward';
  };

  return {
    evaluate({ update: { tracked, ended }, ptsMs }) {
      const events: RuleEvent[] = [];
      for (const object of tracked) {
        const { label, score, track, box } = object;
        const known = walkers.get(track);
        if (!known && !selects(object)) continue;
        const foot = footOf(box);
        paths.add(track, foot);
        const distance = signedDistance(foot, from, to);
        if (Math.abs(distance) < MARGIN) continue;
        const side = distance > 0 ? 1 : -1;
        const walker = known ?? { side, point: foot, through: false, over: createDebounce(rule) };
        walkers.set(track, walker);
        const action = step(walker, foot, side);
        if (!action || (rule.direction !== 'both' && rule.direction !== action)) continue;
        const count = ++counts[action];
        if (!gap(action, ptsMs)) continue;
        const where = { track, box, ...detailsOf(object), path: paths.of(track) };
        const seen = { label, score, ...where, snapshot: rule.snapshot };
        events.push({ rule: rule.name, ruleKind: rule.kind, action, count, ...seen });
      }
      for (const track of ended) {
        walkers.delete(track);
        paths.end(track);
      }
      return events;
    },
    quietMs: (moving, horizonMs) =>
      quietBefore(
        [rule.points],
        moving.filter((m) => walkers.has(m.track) || selects(m)),
        horizonMs,
      ),
  };
}

/** Distance of a point from the endless line, positive on its right (the y axis points down). */
function signedDistance(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  return (dx * (point[1] - from[1]) - dy * (point[0] - from[0])) / (Math.hypot(dx, dy) || 1);
}

/** Do the segments a-b and c-d meet? */
function segmentsCross(a: Point, b: Point, c: Point, d: Point): boolean {
  return (
    signedDistance(a, c, d) > 0 !== signedDistance(b, c, d) > 0 &&
    signedDistance(c, a, b) > 0 !== signedDistance(d, a, b) > 0
  );
}
