/** A sample of a room's mutants: which ones, and what their fate says of all. Pure. */
import { createHash } from 'node:crypto';

/** Which mutants a run looks at: `size` of those that some test reaches, each as likely as any other. */
export interface Sample {
  readonly size: number;
  /** The same seed chooses the same mutants of the same sources. */
  readonly seed: number;
}

/** The ids of the mutants in the sample; all when there are no more than its size. */
export function choose(ids: readonly string[], { size, seed }: Sample): Set<string> {
  const rank = (id: string) => createHash('sha256').update(`${seed}:${id}`).digest('hex');
  const ranked = ids.map((id) => ({ id, rank: rank(id) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return new Set(ranked.slice(0, size).map(({ id }) => id));
}

/** Shares, 0 to 1. */
export interface Estimate {
  readonly share: number;
  /** The 95 % interval; both ends are the share itself when every mutant was looked at. */
  readonly low: number;
  readonly high: number;
}

export interface Counts {
  /** Mutants that tests reach, in the sample or not. */
  readonly reached: number;
  /** Mutants that no test reaches: missed for certain. */
  readonly unreached: number;
  /** How many of those that tests reach were looked at, and how many of these were noticed. */
  readonly looked: number;
  readonly noticed: number;
}

const Z_95 = 1.96;

/**
 * The share of all mutants that the tests notice. Those that no test reaches are known, the others are estimated from the sample
 * with Wilson's score interval (E. B. Wilson, 1927).
 */
export function estimate({ reached, unreached, looked, noticed }: Counts): Estimate {
  const all = reached + unreached;
  if (all === 0) return { share: 1, low: 1, high: 1 };
  if (looked === 0) return { share: 0, low: 0, high: reached / all };
  const p = noticed / looked;
  const known = { share: p, low: p, high: p };
  const { share, low, high } = looked >= reached ? known : { share: p, ...wilson(p, looked) };
  const part = reached / all;
  return { share: share * part, low: low * part, high: high * part };
}

function wilson(p: number, n: number): { low: number; high: number } {
  const z2 = Z_95 ** 2 / n;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = (Z_95 / (1 + z2)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
