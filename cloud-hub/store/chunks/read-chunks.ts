/** Reads chunks: pages of records, newest first, and all that a stream has within a span of time. Only chunks that may hold some are read. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../database.ts';
import { fewInTime, fitting, isOfScope, type ListFilter, MAX_PAGE_BYTES, type Mark, type Page } from '../lists.ts';
import { timeColumn } from '../rows.ts';
import { statementsOf } from '../statement.ts';
import { Chunk } from './chunk.ts';
import { type ChunkTableName, MAX_CHUNK_SPAN } from './chunk-rows.ts';

/** A record of a chunk, not yet decoded. */
interface Found {
  readonly id: number;
  readonly device: string;
  readonly chunk: Chunk;
  readonly at: number;
}

/** A record as it is read. */
export interface ReadRecord {
  readonly id: number;
  readonly device: string;
  readonly receivedAt: number;
  /** JSON. */
  readonly body: string;
}

/** Chunks that are read at once: some milliseconds of work. */
const CHUNKS = 16;

const readOf = ({ id, device, chunk, at }: Found): ReadRecord => ({
  ...{ id, device, receivedAt: chunk.receivedAt[at] ?? 0, body: chunk.json(at) },
});

/** One page of records, newest received first; the cursor is the id of its last one. */
export async function readChunkPage<T>(
  db: Db,
  table: ChunkTableName,
  filter: ListFilter,
  describe: (record: ReadRecord) => T,
): Promise<Page<T>> {
  const found = await newest(db, table, filter);
  const read: ReadRecord[] = [];
  const marks: Mark<number>[] = [];
  let sum = 0;
  for (const one of found) {
    // What does not fit any more is a mark of the next page.
    if (sum > MAX_PAGE_BYTES) break;
    const record = readOf(one);
    const bytes = Buffer.byteLength(record.body);
    sum += bytes;
    read.push(record);
    marks.push({ id: one.id, bytes });
  }
  const { ids, ...next } = fitting(marks, filter.limit);
  return { items: read.slice(0, ids.length).map(describe), ...next };
}

/** One more than a page has. */
async function newest(db: Db, table: ChunkTableName, filter: ListFilter): Promise<Found[]> {
  const { before = Number.MAX_SAFE_INTEGER, since = 0, until = Number.POSITIVE_INFINITY } = filter;
  const among = await fewInTime(db, table, filter);
  let found: Found[] = [];
  for (let below = Math.min(before + MAX_CHUNK_SPAN, Number.MAX_SAFE_INTEGER); ; ) {
    let select = db.query.selectFrom(table).select(['id', 'device', 'data']).where('id', '<', below);
    if (filter.before !== undefined) select = select.where('first_id', '<', before);
    if (filter.device !== undefined) select = select.where('device', '=', filter.device);
    if (filter.scope !== undefined) select = select.where(isOfScope(db, filter.scope));
    if (filter.stream !== undefined) select = select.where('stream', '=', filter.stream);
    if (filter.since !== undefined) select = select.where('to_at', '>=', filter.since);
    if (filter.until !== undefined) select = select.where('from_at', '<', filter.until);
    if (among !== undefined) select = select.where('id', 'in', among.length > 0 ? among : [0]);
    const rows = await select.orderBy('id', 'desc').limit(CHUNKS).execute();
    for (const { id, device, data } of rows) {
      // No record of this chunk, and of those behind it, is newer than what a full page has by now.
      if ((found[filter.limit]?.id ?? 0) > id) return found;
      const chunk = new Chunk(data);
      const walls = chunk.column('wall');
      const fits: Found[] = [];
      for (let at = chunk.length - 1; at >= 0 && fits.length <= filter.limit; at--) {
        const one = chunk.ids[at] ?? 0;
        const wall = timeColumn(Number(walls[at] ?? 0));
        if (one < before && wall >= since && wall < until) fits.push({ id: one, device, chunk, at });
      }
      found = [...found, ...fits].toSorted((a, b) => b.id - a.id).slice(0, filter.limit + 1);
      below = id;
    }
    if (rows.length < CHUNKS) return found;
    await nextTurn();
  }
}

export interface SpanFilter {
  readonly device: string;
  readonly stream: string;
  /** Milliseconds since 1970: `since` included, `until` not. */
  readonly since: number;
  readonly until?: number | undefined;
}

/** Chunks that may hold records of a stream within a span of the device's time; which of them lie within is for the caller to see. */
export async function* chunksBetween(
  db: Db,
  table: ChunkTableName,
  { device, stream, since, until = Number.MAX_SAFE_INTEGER }: SpanFilter,
): AsyncGenerator<Chunk> {
  const prepare = statementsOf(db);
  const ids = (await prepare(
    `SELECT id FROM ${table} WHERE device = ? AND stream = ? AND to_at >= ? AND from_at < ? ORDER BY to_at`,
  ).all(device, stream, since, until)) as { id: number }[];
  const read = prepare(`SELECT data FROM ${table} WHERE id IN ${db.dialect.idsOf}`);
  for (let at = 0; at < ids.length; at += CHUNKS) {
    if (at > 0) await nextTurn();
    const part = ids.slice(at, at + CHUNKS).map(({ id }) => id);
    for (const { data } of (await read.all(JSON.stringify(part))) as { data: Uint8Array }[]) yield new Chunk(data);
  }
}

/** The newest record of a stream, as JSON. */
export async function newestOf(
  db: Db,
  table: ChunkTableName,
  device: string,
  stream: string,
): Promise<string | undefined> {
  const row = (await statementsOf(db)(
    `SELECT data FROM ${table} WHERE device = ? AND stream = ? ORDER BY id DESC LIMIT 1`,
  ).get(device, stream)) as { data: Uint8Array } | undefined;
  if (!row) return undefined;
  const chunk = new Chunk(row.data);
  return chunk.json(chunk.length - 1);
}
