/** Quantiles of a few numbers, by rank and by interpolation. Pure. */

/**
 * Quantiles by rank, sorted once: each is one of the numbers, the first that at least the part of all lies below. For
 * latencies: none is shown that nobody has waited.
 * @param parts 0 to 1 each
 * @returns NaN for each where there are no numbers
 */
export function quantiles(values: readonly number[], parts: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  return parts.map((part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN);
}

/** One quantile by rank. @param part 0 to 1 */
export function quantile(values: readonly number[], part: number): number {
  return quantiles(values, [part])[0] ?? Number.NaN;
}

/**
 * A quantile by linear interpolation (Hyndman and Fan 1996, type 7), as NumPy and R have it by default. For thresholds.
 * @param part 0 to 1
 * @returns NaN where there are no numbers
 */
export function interpolated(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return interpolated(values, 0.5);
}

/** Median of the distances from the median: a spread that a few wild values do not move. */
export function medianDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}
