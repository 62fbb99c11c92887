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
  for (const t of taken) {
    if (t.to < next) continue;
    if (t.from > range.to) break;
    if (t.from > next) holes.push({ from: next, to: t.from - 1 });
    next = t.to + 1;
  }
  if (next <= range.to) holes.push({ from: next, to: range.to });
  return holes;
}

/** Is `n` in one of the ranges (rising, disjoint)? Binary search. */
export function includes(ranges: readonly Range[], n: number): boolean {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (!range) return false;
    if (n < range.from) high = middle - 1;
    else if (n > range.to) low = middle + 1;
    else return true;
  }
  return false;
}
