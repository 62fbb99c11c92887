/**
 * Writes chunks: of records that came, and of those that are left of a chunk. Each is part of a transaction.
 *
 * Invariants: 1. A record is in one chunk; (device, epoch, seq) is unique in a table. 2. A record keeps its id for ever; the id of a chunk is the
 * highest one in it. 3. Ids rise in the order of receipt (id-floors.ts).
 */
import type { Db, Value } from '../database.ts';
import { statementsOf } from '../statement.ts';
import { Chunk } from './chunk.ts';
import {
  type ChunkKey,
  type ChunkRow,
  type ChunkTableName,
  chunkColumns,
  MAX_CHUNK_NUMBERS,
  rowsOf,
  type SizedRecord,
} from './chunk-rows.ts';

/** A record that came. */
export interface NewPeriodic extends ChunkKey, Omit<SizedRecord, 'id'> {}

export function createChunkWriter(db: Db, table: ChunkTableName) {
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO ${table} (${chunkColumns.join(', ')}) VALUES (${chunkColumns.map(() => '?').join(', ')})`,
  );
  const remove = prepare(`DELETE FROM ${table} WHERE id = ?`);
  const overlapping = prepare(
    `SELECT data FROM ${table} WHERE device = ? AND epoch = ? AND to_seq >= ? AND to_seq < ? AND from_seq <= ?`,
  );

  /** Says which are here: the ledger lets none of them through, unless it was lost. */
  async function isHere(items: readonly NewPeriodic[]): Promise<(item: NewPeriodic) => boolean> {
    const spans = new Map<string, { readonly item: NewPeriodic; from: number; to: number }>();
    for (const item of items) {
      const key = nameOf(item.device, item.epoch);
      const span = spans.get(key);
      if (!span) spans.set(key, { item, from: item.seq, to: item.seq });
      else if (item.seq > span.to) span.to = item.seq;
      else if (item.seq < span.from) span.from = item.seq;
    }
    const here = new Map<string, Set<number>>();
    for (const [key, { item, from, to }] of spans) {
      const seqs = new Set<number>();
      for (const { data } of (await overlapping.all(item.device, item.epoch, from, to + MAX_CHUNK_NUMBERS, to)) as {
        data: Uint8Array;
      }[])
        for (const seq of new Chunk(data).seqs) seqs.add(seq);
      here.set(key, seqs);
    }
    return ({ device, epoch, seq }) => {
      const seqs = here.get(nameOf(device, epoch));
      if (!seqs || seqs.has(seq)) return true;
      seqs.add(seq);
      return false;
    };
  }

  const put = async (rows: readonly ChunkRow[]) => {
    for (const row of rows) await insert.run(...(row as readonly Value[]));
  };

  return {
    /** @returns the id of each; undefined: it was there */
    async add(items: readonly NewPeriodic[]): Promise<(number | undefined)[]> {
      const here = await isHere(items);
      const isNew = items.map((item) => !here(item));
      const given = await db.dialect.nextIds(db, table, isNew.filter(Boolean).length);
      const groups = new Map<string, { readonly key: ChunkKey; readonly records: SizedRecord[] }>();
      let next = 0;
      const ids = items.map((item, at) => {
        if (!isNew[at]) return undefined;
        const id = given[next++] ?? 0;
        const { device, epoch, stream, seq, receivedAt, backfill, record, bytes } = item;
        const name = nameOf(device, epoch, stream);
        let group = groups.get(name);
        if (!group) {
          group = { key: { device, epoch, stream }, records: [] };
          groups.set(name, group);
        }
        group.records.push({ id, seq, receivedAt, backfill, record, bytes });
        return id;
      });
      for (const { key, records } of groups.values()) await put(rowsOf(key, records));
      return ids;
    },

    /**
     * Puts records in the place of the chunks that they were in; none: the chunks end.
     * @returns how many chunks they are now
     */
    async replace(key: ChunkKey, chunks: readonly number[], records: readonly SizedRecord[]): Promise<number> {
      for (const id of chunks) await remove.run(id);
      const rows = rowsOf(key, records);
      await put(rows);
      return rows.length;
    },
  };
}

function nameOf(...parts: readonly string[]): string {
  return parts.join('\0');
}
