/**
 * Numbers that were sent and are not acknowledged yet: the hub may have them or not. If one of them were evicted, a loss might
 * be counted although the hub has the record. Pure. They are part of the file's state, so that a crash does not forget them.
 */
import { missing, type Range, union } from '../../../shared/kit/ranges.ts';

/** More ranges than this are joined over the shortest hole. Two lanes and what was in flight before need a few. */
const MAX_RANGES = 16;

/** Adds a range that is being sent. */
export function onTheWay(inDoubt: readonly Range[], range: Range): Range[] {
  const ranges = union(inDoubt, [range]);
  while (ranges.length > MAX_RANGES) {
    const at = shortestHole(ranges);
    const [a, b] = [ranges[at], ranges[at + 1]];
    if (!a || !b) break;
    ranges.splice(at, 2, { from: a.from, to: b.to });
  }
  return ranges;
}

/** What is left when the hub has said that it has these numbers. */
export function without(inDoubt: readonly Range[], known: Range): Range[] {
  return inDoubt.flatMap((range) => missing(range, [known]));
}

/** Place of the range before the shortest hole. */
function shortestHole(ranges: readonly Range[]): number {
  let best = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 1 < ranges.length; at++) {
    const hole = (ranges[at + 1]?.from ?? 0) - (ranges[at]?.to ?? 0);
    if (hole >= shortest) continue;
    shortest = hole;
    best = at;
  }
  return best;
}
