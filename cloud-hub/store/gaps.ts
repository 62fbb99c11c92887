/** Gaps (settled numbers without a record) and the reasons that `loss` records give them. Pure. */
import { firstReaching, missing, type Range } from '../../shared/kit/ranges.ts';

/** Numbers that are settled without a record. */
export interface Gap extends Range {
  readonly reason: string;
}

/**
 * Gives the parts of gaps that a loss covers the loss's reason; of two losses that speak of a number the later one counts.
 * Neighbours of one reason become one gap.
 * @param losses in the order in which they came
 */
export function refine(gaps: readonly Gap[], losses: readonly Gap[]): Gap[] {
  const named = disjoint(losses);
  const parts = gaps.flatMap((gap) => {
    const covering: Gap[] = [];
    for (let at = firstReaching(named, gap.from); at < named.length; at++) {
      const loss = named[at];
      if (loss === undefined || loss.from > gap.to) break;
      covering.push({ ...loss, from: Math.max(gap.from, loss.from), to: Math.min(gap.to, loss.to) });
    }
    const rest = missing(gap, covering).map((r) => ({ ...r, reason: gap.reason }));
    return [...rest, ...covering];
  });
  return joined(parts);
}

/** Rising; neighbours of one reason become one gap. */
export function joined(gaps: readonly Gap[]): Gap[] {
  const merged: Gap[] = [];
  for (const gap of gaps.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && last.to + 1 === gap.from && last.reason === gap.reason)
      merged[merged.length - 1] = { ...last, to: gap.to };
    else merged.push(gap);
  }
  return merged;
}

/**
 * Cuts overlapping losses into rising, disjoint ones, the later of two on top. Each piece between two bounds gets its reason
 * once, from the last loss to the first: pieces that have one are skipped (union-find), so that many losses over many others
 * cost no product of both.
 */
function disjoint(losses: readonly Gap[]): Gap[] {
  const bounds = [...new Set(losses.flatMap(({ from, to }) => [from, to + 1]))].toSorted((a, b) => a - b);
  const indexOf = new Map(bounds.map((bound, i) => [bound, i]));
  const reasons: (string | undefined)[] = bounds.map(() => undefined);
  const skip = bounds.map((_, i) => i);
  const firstOpen = (from: number): number => {
    let at = from;
    while (skip[at] !== undefined && skip[at] !== at) {
      skip[at] = skip[skip[at] ?? at] ?? bounds.length;
      at = skip[at] ?? bounds.length;
    }
    return at;
  };
  for (const { from, to, reason } of losses.toReversed()) {
    const end = indexOf.get(to + 1) ?? 0;
    for (let at = firstOpen(indexOf.get(from) ?? end); at < end; at = firstOpen(at)) {
      reasons[at] = reason;
      skip[at] = at + 1;
    }
  }
  return bounds.flatMap((from, i) => {
    const reason = reasons[i];
    const next = bounds[i + 1];
    return reason === undefined || next === undefined ? [] : [{ from, to: next - 1, reason }];
  });
}
