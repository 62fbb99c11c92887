/** Arithmetic on sets of whole numbers, written as rising, disjoint ranges that do not touch ([1,3] [5,9]). Pure. */

/** Whole numbers `from` to `to`, both included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The ranges of rising numbers. */
export function rangesOf(numbers: readonly number[]): Range[] {
  const ranges: { from: number; to: number }[] = [];
  for (const n of numbers) {
    const last = ranges.at(-1);
    if (last && n <= last.to + 1) last.to = Math.max(last.to, n);
    else ranges.push({ from: n, to: n });
  }
  return ranges;
}

/** Puts any ranges into normal form: rising, disjoint, not touching; empty ones vanish. */
export function union(...sets: (readonly Range[])[]): Range[] {
  const sorted = sets
    .flat()
    .filter((r) => r.from <= r.to)
    .toSorted((a, b) => a.from - b.from);
  const merged: { from: number; to: number }[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last && range.from <= last.to + 1) last.to = Math.max(last.to, range.to);
    else merged.push({ from: range.from, to: range.to });
  }
  return merged;
}

/** The part of `range` that is in none of the ranges of `taken` (rising, disjoint). */
export function missing(range: Range, taken: readonly Range[]): Range[] {
  const holes: Range[] = [];
  let next = range.from;
  for (let at = firstReaching(taken, range.from); at < taken.length; at++) {
    const t = taken[at];
    if (t === undefined || t.from > range.to) break;
    if (t.from > next) holes.push({ from: next, to: t.from - 1 });
    next = t.to + 1;
  }
  if (next <= range.to) holes.push({ from: next, to: range.to });
  return holes;
}

/** Is `n` in one of the ranges (rising, disjoint)? */
export function includes(ranges: readonly Range[], n: number): boolean {
  const range = ranges[firstReaching(ranges, n)];
  return range !== undefined && range.from <= n;
}

/** Index of the first range (of rising, disjoint ones) that ends at `n` or later; their number when there is none. Binary search. */
export function firstReaching(ranges: readonly Range[], n: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.to ?? n) < n) low = middle + 1;
    else high = middle;
  }
  return low;
}
