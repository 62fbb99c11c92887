/** `line`: an object's foot crosses a line; counted by direction. */
import type { LineRule } from '../../../shared/contract/config/rules.ts';
import type { Point } from '../../../shared/contract/names.ts';
import type { RuleEvent, RuleStage } from '../stage.ts';
import { footOf, selector } from './select.ts';

interface Walker {
  /** Where it last stood clearly on one side. */
  point: Point;
  side: -1 | 1;
  path: Point[];
}

/** Closer to the line than this (fraction of the frame) is on neither side: a box that trembles does not cross. */
const MARGIN = 0.004;
const MAX_PATH = 64;

/** `forward` is from the line's left to its right, seen while walking from its first point to its second. */
export function createLineRule(rule: LineRule): RuleStage {
  const selects = selector(rule);
  const walkers = new Map<number, Walker>();
  const counts = { forward: 0, backward: 0 };
  const [from, to] = rule.points;
  return {
    evaluate({ update: { tracked, ended } }) {
      const events: RuleEvent[] = [];
      for (const object of tracked) {
        const known = walkers.get(object.track);
        if (!known && !selects(object)) continue;
        const foot = footOf(object.box);
        const distance = signedDistance(foot, from, to);
        if (Math.abs(distance) < MARGIN) continue;
        const side = distance > 0 ? 1 : -1;
        const walker = known ?? { point: foot, side, path: [] };
        walkers.set(object.track, walker);
        walker.path = [...walker.path.slice(1 - MAX_PATH), foot];
        const crossed = side !== walker.side && segmentsCross(walker.point, foot, from, to);
        walker.point = foot;
        walker.side = side;
        if (!crossed) continue;
        const action = side === 1 ? 'forward' : 'backward';
        if (rule.direction !== 'both' && rule.direction !== action) continue;
        const { label, score, track, box } = object;
        const seen = { label, score, track, box, path: walker.path, snapshot: rule.snapshot };
        events.push({ rule: rule.name, ruleKind: 'line', action, count: ++counts[action], ...seen });
      }
      for (const id of ended) walkers.delete(id);
      return events;
    },
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
