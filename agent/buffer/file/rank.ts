/** The order of eviction. Which kind of record has which rank: entry.ts. */

/** Rank 0 is evicted first, `KEPT_RANK` never. */
export type Rank = 0 | 1 | 2 | 3;
export const RANKS = [0, 1, 2, 3] as const satisfies readonly Rank[];
export const KEPT_RANK = 3 satisfies Rank;

export type ByRank<T> = [T, T, T, T];

export function byRank<T>(make: (rank: Rank) => T): ByRank<T> {
  return [make(0), make(1), make(2), make(3)];
}

/** Anything that waits in memory for the disk. */
export interface Ranked {
  readonly rank: Rank;
  readonly bytes: number;
}

/**
 * Chooses what is dropped from memory so that at most `maxRecords` and `maxBytes` stay: the lowest rank first, and the oldest
 * first within a rank. In memory even `KEPT_RANK` goes in the end.
 * @param waiting oldest first
 * @returns both parts in their old order
 */
export function shed<T extends Ranked>(waiting: readonly T[], maxRecords: number, maxBytes: number) {
  let records = waiting.length;
  let bytes = waiting.reduce((sum, item) => sum + item.bytes, 0);
  const given = new Set<T>();
  for (const rank of RANKS) {
    for (const item of waiting) {
      if (records <= maxRecords && bytes <= maxBytes) break;
      if (item.rank !== rank) continue;
      given.add(item);
      records--;
      bytes -= item.bytes;
    }
  }
  return { kept: waiting.filter((item) => !given.has(item)), evicted: waiting.filter((item) => given.has(item)) };
}
