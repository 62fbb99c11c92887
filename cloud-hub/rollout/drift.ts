/** How far one histogram lies from another with the same bins. Pure. */

/**
 * Population stability index: Σ (p − q)·ln(p / q). Below 0.1 nothing changed, above 0.25 much did (Siddiqi, "Credit Risk
 * Scorecards", 2006). Half a count is added to each bin, so that an empty one is not infinitely far.
 */
export function populationStability(before: readonly number[], now: readonly number[]): number {
  const [p, q] = [now, before].map((counts) => {
    const total = sum(counts) + counts.length / 2;
    return counts.map((n) => (n + 0.5) / total);
  });
  return (p ?? []).reduce(
    (psi, share, bin) => psi + (share - (q?.[bin] ?? 0)) * Math.log(share / (q?.[bin] ?? share)),
    0,
  );
}

/** Kolmogorov–Smirnov statistic: the largest distance between the two cumulative distributions, 0 to 1. */
export function kolmogorovSmirnov(before: readonly number[], now: readonly number[]): number {
  const [totalBefore, totalNow] = [sum(before), sum(now)];
  if (totalBefore === 0 || totalNow === 0) return 0;
  let [a, b, largest] = [0, 0, 0];
  for (const [bin, n] of now.entries()) {
    a += (before[bin] ?? 0) / totalBefore;
    b += n / totalNow;
    largest = Math.max(largest, Math.abs(a - b));
  }
  return largest;
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, n) => total + n, 0);
}

/** Adds histograms bin by bin. */
export function pooled(histograms: readonly (readonly number[])[]): number[] {
  const [first = []] = histograms;
  return first.map((_, bin) => histograms.reduce((total, h) => total + (h[bin] ?? 0), 0));
}
