/** Takes records out of chunks: what is left is written anew, so that the bytes of the others are gone. Each step is part of a transaction. */
import type { Db } from '../database.ts';
import { createIdFloors } from '../id-floors.ts';
import { statementsOf } from '../statement.ts';
import { atOf, type ChunkKey, type ChunkTableName, isWrong, recordsOf, type SizedRecord } from './chunk-rows.ts';
import { createChunkWriter } from './write-chunks.ts';

/** Chunks of one step: up to 4096 records. */
const CHUNKS = 8;

interface Row extends ChunkKey {
  readonly id: number;
  readonly data: Uint8Array;
}

export interface Covering {
  readonly device: string;
  /** Null: of every stream. */
  readonly stream: string | null;
  /** Milliseconds since 1970, of the device's clock. */
  readonly from: number;
  readonly before: number;
}

export function createChunkRewriter(db: Db, table: ChunkTableName) {
  const prepare = statementsOf(db);
  const columns = 'id, device, epoch, stream, data';
  const scan = prepare(
    `SELECT id, CASE WHEN (to_at >= :from AND from_at < :before) OR wrong = 1 THEN 1 ELSE 0 END AS hit
       FROM ${table} WHERE device = :device AND (CAST(:stream AS text) IS NULL OR stream = :stream) AND id > :after
       ORDER BY id LIMIT ${CHUNKS}`,
  );
  const read = prepare(`SELECT ${columns} FROM ${table} WHERE id = ?`);
  const aged = prepare(
    `SELECT ${columns} FROM ${table} WHERE from_received < ? AND (records > 1 OR id < (SELECT max(id) FROM ${table}))
       ORDER BY from_received, id LIMIT ${CHUNKS}`,
  );
  const newest = prepare(`SELECT max(id) FROM ${table}`).pluck();
  const floors = createIdFloors(db);
  const writer = createChunkWriter(db, table);

  /** @returns how many went */
  async function keep(row: Row, stays: (record: SizedRecord) => boolean): Promise<number> {
    const all = recordsOf(row.data);
    const left = all.filter(stays);
    if (left.length < all.length) await writer.replace(row, [row.id], left);
    return all.length - left.length;
  }

  return {
    /**
     * Erases the records within a span of time, and those whose clock was wrong, of a few chunks.
     * @param after id of the chunk behind which it looks
     * @returns the id after which the next step looks; undefined: there is no next one
     */
    async erase({ from, before, ...of }: Covering, after: number): Promise<{ records: number; after?: number }> {
      const found = (await scan.all({ ...of, from, before, after })) as { id: number; hit: number }[];
      let records = 0;
      if (found.some(({ hit }) => hit === 1)) await floors.keep(table);
      for (const { id, hit } of found) {
        if (hit === 0) continue;
        records += await keep((await read.get(id)) as Row, ({ record }) => {
          const at = atOf(record);
          return !isWrong(record) && (at < from || at >= before);
        });
      }
      const last = found.at(-1)?.id;
      return last === undefined ? { records } : { records, after: last };
    },

    /**
     * Removes what came before a moment, of a few chunks. The newest record of the table stays.
     * @returns how many records went; 0: there is none left
     */
    async removeBefore(before: number): Promise<number> {
      const highest = (await newest.get()) as number | null;
      let records = 0;
      for (const row of (await aged.all(before)) as Row[])
        records += await keep(row, ({ id, receivedAt }) => receivedAt >= before || id === highest);
      return records;
    },
  };
}
