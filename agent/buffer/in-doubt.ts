/**
 * Numbers that went to the hub and that it has not yet acknowledged: it may have them or not, and nobody here can know. Were
 * they given up, the loss would be counted although nothing is lost. Pure; part of the file's state, so that a crash does
 * not forget them.
 */
import { missing, type Range, union } from '../../shared/kit/ranges.ts';

/** How many ranges are told apart; more are joined over the shortest hole. Two lanes and what was on its way before them. */
const MAX_RANGES = 16;

/** Numbers `from`..`to` are on their way. */
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

/** What is left when `settled` is known. */
export function settle(inDoubt: readonly Range[], settled: Range): Range[] {
  return inDoubt.flatMap((range) => missing(range, [settled]));
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
