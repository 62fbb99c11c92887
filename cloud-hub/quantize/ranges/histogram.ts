/** How the values of one tensor are spread: counts in bins of equal width between its least and its greatest. */
import type { Range } from './range.ts';

export interface Histogram extends Range {
  /** Values in [min + i · width, min + (i + 1) · width); the last bin holds max as well. */
  readonly counts: Float64Array;
}

/** Enough that one bin is an eighth of the step of 8 bits. */
export const BINS = 2048;

export function createHistogram({ min, max }: Range): Histogram {
  return { min, max, counts: new Float64Array(BINS) };
}

export function addTo({ min, max, counts }: Histogram, values: Float32Array): void {
  const perValue = max > min ? counts.length / (max - min) : 0;
  const last = counts.length - 1;
  for (let i = 0; i < values.length; i++) {
    const bin = ((values[i] as number) - min) * perValue;
    const at = bin > 0 ? Math.min(last, Math.trunc(bin)) : 0;
    counts[at] = (counts[at] as number) + 1;
  }
}

/** The least and the greatest of values; NaN where one of them is NaN. */
export function rangeOf(values: Float32Array): Range {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    if (Number.isNaN(value)) return { min: Number.NaN, max: Number.NaN };
  }
  return { min, max };
}
