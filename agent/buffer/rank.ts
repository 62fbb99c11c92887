/** What is given up first when there is no room: by kind of record, the oldest first within a rank. */
import type { RecordKind } from '../../shared/contract/messages/record.ts';

/** 0 goes first; `KEPT_RANK` is never given up. */
export type Rank = 0 | 1 | 2 | 3;
export const RANKS = [0, 1, 2, 3] as const satisfies readonly Rank[];
export const KEPT_RANK = 3 satisfies Rank;

export type ByRank<T> = [T, T, T, T];

export function byRank<T>(make: (rank: Rank) => T): ByRank<T> {
  return [make(0), make(1), make(2), make(3)];
}

const ranks: Readonly<Record<RecordKind, Rank>> = {
  summary: 0,
  health: 0,
  reading: 0,
  error: 1,
  event: 2,
  verdict: 2,
  loss: KEPT_RANK,
};

export function rankOf(kind: RecordKind): Rank {
  return ranks[kind];
}

export function isKind(word: unknown): word is RecordKind {
  return typeof word === 'string' && Object.hasOwn(ranks, word);
}

/** Anything that waits in memory for the disk. */
export interface Ranked {
  readonly rank: Rank;
  readonly bytes: number;
}

/**
 * Picks what has to go so that at most `maxRecords` and `maxBytes` stay: lowest rank first, oldest first within it. In
 * memory even `KEPT_RANK` has to go in the end.
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
  return { kept: waiting.filter((item) => !given.has(item)), givenUp: waiting.filter((item) => given.has(item)) };
}
