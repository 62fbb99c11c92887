/** How many times as long one thing takes as another, out of pairs of times that were measured one right after the other. Pure. */
import { quantile } from './quantile.ts';

/** A type, so that it fits where further keys are allowed. */
export type PairedRatio = {
  readonly pairs: number;
  /** Median of the pairs' ratios. */
  readonly median: number;
  /** Bounds of the median at 99.9 % confidence. */
  readonly low: number;
  readonly high: number;
};

/** Standard deviations of a two-sided confidence of 99.9 %. */
const CONFIDENT = 3.29;

/**
 * Load on the machine falls on both times of a pair, so it leaves the ratio's median alone. The bounds are order statistics:
 * of n ratios about n/2 ± √n/2 lie below the median (Conover, "Practical Nonparametric Statistics", 3.2), whatever the shape
 * of the noise.
 * @returns undefined where there are no pairs
 */
export function pairedRatio(ratios: readonly number[]): PairedRatio | undefined {
  const sorted = ratios.toSorted((a, b) => a - b);
  const pairs = sorted.length;
  const reach = (CONFIDENT * Math.sqrt(pairs)) / 2;
  const at = (rank: number) => sorted[Math.max(0, Math.min(pairs - 1, rank))];
  const [low, high] = [at(Math.floor(pairs / 2 - reach)), at(Math.ceil(pairs / 2 + reach))];
  if (low === undefined || high === undefined) return undefined;
  return { pairs, median: quantile(sorted, 0.5), low, high };
}

/**
 * Is it slower than allowed, and surely slower at all? With few pairs or much noise it is not sure.
 * @param most allowed ratio
 */
export function isSlower({ median, low }: Pick<PairedRatio, 'median' | 'low'>, most: number): boolean {
  return median > most && low > 1;
}
