/**
 * Merges small chunks of a device, epoch and stream into larger ones: a batch that came is a chunk of its own, and a record in a small chunk
 * takes more room, and more time to read. Ids, and what is read, stay the same.
 *
 * Invariants: 1. A step is part of a transaction, its work is bounded, and it may be done any number of times. 2. Each step that merges leaves at
 * most one open chunk of those that it took, so that none is looked at for ever.
 */
import type { Db } from '../database.ts';
import { statementsOf } from '../statement.ts';
import { type ChunkKey, type ChunkTableName, recordsOf } from './chunk-rows.ts';
import { createChunkWriter } from './write-chunks.ts';

/** So many open chunks are worth the work; so each record is written again a few times at most. */
const FEWEST_OPEN = 16;
/** So many are merged by one step: 10 ms of work. */
const CHUNKS = 64;

export interface Mergeable extends ChunkKey {
  readonly table: ChunkTableName;
}

export function createChunkMerger(db: Db) {
  const prepare = statementsOf(db);

  return {
    /** Whose chunks are worth merging. */
    async mergeable(table: ChunkTableName, limit: number): Promise<Mergeable[]> {
      const rows = await prepare(
        `SELECT device, epoch, stream FROM ${table} WHERE open = 1
           GROUP BY device, epoch, stream HAVING count(*) >= ${FEWEST_OPEN} LIMIT ?`,
      ).all(limit);
      return (rows as ChunkKey[]).map((key) => ({ table, ...key }));
    },

    /** Merges some of them. @returns how many chunks there are fewer */
    async merge({ table, ...key }: Mergeable): Promise<number> {
      const rows = (await prepare(
        `SELECT id, data FROM ${table} WHERE device = ? AND epoch = ? AND stream = ? AND open = 1 ORDER BY id LIMIT ${CHUNKS}`,
      ).all(key.device, key.epoch, key.stream)) as { id: number; data: Uint8Array }[];
      if (rows.length < FEWEST_OPEN) return 0;
      const records = rows.flatMap(({ data }) => recordsOf(data)).toSorted((a, b) => a.id - b.id);
      const made = await createChunkWriter(db, table).replace(
        key,
        rows.map(({ id }) => id),
        records,
      );
      return rows.length - made;
    },
  };
}
