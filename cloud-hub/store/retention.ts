/**
 * Old records: how many there are, how fast they come, and their end.
 *
 * Invariants: 1. What is removed stays settled in the ledger: a record that is sent again does not come back, and no gap begins.
 * 2. An event that an operator has judged (`corrections`), or that is held, is never removed here. 3. The newest record of a
 * kind stays: SQLite would give its id again, and pages of lists go by ids.
 */
import { KEPT_KINDS, type KeptKind } from '../config.ts';
import { type ChunkTableName, isChunked } from './chunks/chunk-rows.ts';
import { createChunkRewriter } from './chunks/rewrite-chunks.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

/** Records of one kind. */
export interface Growth {
  readonly kind: KeptKind;
  readonly rows: number;
  /** When the oldest and the newest came; milliseconds since 1970. */
  readonly oldest: number;
  readonly newest: number;
  /** How many came since the moment that was asked for. */
  readonly recent: number;
  /** On the disk, with indexes and pictures; bytes. */
  readonly bytesEach: number;
}

const SAMPLE = 1000;
/** What SQLite adds to each row and to its entries in six indexes, as measured. */
const ROW_OVERHEAD_BYTES = 250;
/** The same of a chunk, with the room that is left in its pages. */
const CHUNK_OVERHEAD_BYTES = 350;

/** What an operator has judged stays, and what is held. */
const mayEnd = (kind: RowKind) =>
  kind === 'events'
    ? 'NOT EXISTS (SELECT 1 FROM corrections WHERE event_id = events.id) AND NOT EXISTS (SELECT 1 FROM holds WHERE event_id = events.id)'
    : 'true';

type RowKind = Exclude<KeptKind, ChunkTableName>;

const contentOf: Readonly<Record<RowKind, string>> = {
  events: `octet_length(t.body) + coalesce((SELECT octet_length(picture) FROM snapshots WHERE event_id = t.id), 0)`,
  problems: 'octet_length(t.body)',
};

type Read = (sql: string, ...values: number[]) => Promise<unknown>;

const readOf =
  (db: Db): Read =>
  (sql, ...values) =>
    statementsOf(db)(sql).get(...values);

interface Row {
  readonly id: number;
  readonly received_at: number;
}

/**
 * Counts a kind, and else looks at it with a few reads by id: ids rise in the order of receipt.
 * @returns undefined when there is none
 */
export async function growthOf(db: Db, kind: KeptKind, since: number): Promise<Growth | undefined> {
  const read = readOf(db);
  if (isChunked(kind)) return growthOfChunks(read, kind, since);
  const at = async (order: 'ASC' | 'DESC') =>
    (await read(`SELECT id, received_at FROM ${kind} WHERE ${mayEnd(kind)} ORDER BY id ${order} LIMIT 1`)) as Promise<
      Row | undefined
    >;
  const [first, last] = [await at('ASC'), await at('DESC')];
  if (!first || !last) return undefined;
  const sample = (await read(
    `SELECT avg(${contentOf[kind]}) AS bytes FROM (SELECT * FROM ${kind} ORDER BY id DESC LIMIT ${SAMPLE}) AS t`,
  )) as { bytes: number };
  const begin = await firstSince(read, kind, first.id, last.id, since);
  return {
    kind,
    rows: ((await read(`SELECT count(*) AS n FROM ${kind}`)) as { n: number }).n,
    oldest: first.received_at,
    newest: last.received_at,
    recent: begin === undefined ? 0 : last.id - begin + 1,
    bytesEach: sample.bytes + ROW_OVERHEAD_BYTES,
  };
}

/** Of a chunk that lies about the moment, its part by time. */
async function growthOfChunks(read: Read, kind: ChunkTableName, since: number): Promise<Growth | undefined> {
  const total = (await read(
    `SELECT coalesce(sum(records), 0) AS n, min(from_received) AS oldest, max(to_received) AS newest FROM ${kind}`,
  )) as { n: number; oldest: number | null; newest: number | null };
  if (total.oldest === null || total.newest === null) return undefined;
  const recent = (await read(
    `SELECT coalesce(sum(CASE WHEN from_received >= ? THEN records
       ELSE records * ((to_received - ?) * 1.0 / (to_received - from_received)) END), 0) AS n FROM ${kind} WHERE to_received >= ?`,
    since,
    since,
    since,
  )) as { n: number };
  const sample = (await read(
    `SELECT sum(octet_length(data) + ${CHUNK_OVERHEAD_BYTES}) * 1.0 / sum(records) AS bytes
       FROM (SELECT data, records FROM ${kind} ORDER BY id DESC LIMIT ${SAMPLE}) AS t`,
  )) as { bytes: number };
  const { n: rows, oldest, newest } = total;
  return { kind, rows, oldest, newest, recent: Math.round(recent.n), bytesEach: sample.bytes };
}

/** The first id that came at `since` or later, by halving. */
async function firstSince(
  read: Read,
  kind: RowKind,
  lowest: number,
  highest: number,
  since: number,
): Promise<number | undefined> {
  let [low, high] = [lowest, highest + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = (await read(`SELECT id, received_at FROM ${kind} WHERE id >= ? ORDER BY id LIMIT 1`, middle)) as
      | Row
      | undefined;
    if (!row || row.received_at >= since) high = middle;
    else low = row.id + 1;
  }
  return low > highest ? undefined : low;
}

/** The newest record before a moment and the oldest since, of all kinds; milliseconds since 1970. Undefined: there is none. */
async function around(read: Read, kinds: readonly KeptKind[], moment: number) {
  let [before, since]: [number | undefined, number | undefined] = [undefined, undefined];
  for (const kind of kinds) {
    if (isChunked(kind)) {
      const found = (await read(
        `SELECT max(CASE WHEN to_received < ? THEN to_received WHEN from_received < ? THEN from_received END) AS last,
           min(CASE WHEN from_received >= ? THEN from_received WHEN to_received >= ? THEN to_received END) AS first FROM ${kind}`,
        ...[moment, moment, moment, moment],
      )) as { last: number | null; first: number | null };
      if (found.last !== null) before = Math.max(before ?? found.last, found.last);
      if (found.first !== null) since = Math.min(since ?? found.first, found.first);
      continue;
    }
    const ends = (await read(`SELECT min(id) AS low, max(id) AS high FROM ${kind}`)) as {
      low: number | null;
      high: number | null;
    };
    if (ends.low === null || ends.high === null) continue;
    const begin = (await firstSince(read, kind, ends.low, ends.high, moment)) ?? ends.high + 1;
    const at = async (sql: string) =>
      (await read(`SELECT id, received_at FROM ${kind} ${sql}`, begin)) as Promise<Row | undefined>;
    const last = (await at('WHERE id < ? ORDER BY id DESC LIMIT 1'))?.received_at;
    const first = (await at('WHERE id >= ? ORDER BY id LIMIT 1'))?.received_at;
    if (last !== undefined) before = Math.max(before ?? last, last);
    if (first !== undefined) since = Math.min(since ?? first, first);
  }
  return { before, since };
}

export type RetentionStore = ReturnType<typeof createRetentionStore>;

export interface Removal {
  readonly removed: number;
  /** Where the next window begins; undefined: nothing old is left. */
  readonly next: number | undefined;
}

export function createRetentionStore(db: Db) {
  const prepare = statementsOf(db);
  const windowOf = (kind: RowKind) =>
    prepare(
      `SELECT max(id) AS last, min(received_at) AS oldest
         FROM (SELECT id, received_at FROM ${kind} WHERE id > ? ORDER BY id LIMIT ?) AS part`,
    );
  const removeOf = (kind: RowKind) =>
    prepare(
      `DELETE FROM ${kind} WHERE id > :after AND id <= :last AND received_at < :before AND ${mayEnd(kind)}
         AND id < (SELECT max(id) FROM ${kind})`,
    );
  const of = (kind: RowKind) => ({ window: windowOf(kind), remove: removeOf(kind) });
  const kinds = {
    events: of('events'),
    problems: of('problems'),
  };

  return {
    /**
     * For how long nothing came before the records of late; milliseconds. A clock that was set ahead leaves such a hole.
     * @param late since when it is late, and `now`: milliseconds since 1970
     */
    async holeBefore(late: number, now: number): Promise<number> {
      const { before, since = now } = await around(readOf(db), KEPT_KINDS, late);
      return before === undefined ? 0 : since - before;
    },

    /**
     * Removes what came before a moment, of the `limit` rows behind `after`; of chunks, of a few. Part of a transaction.
     * @param before milliseconds since 1970
     */
    async removeBefore(kind: KeptKind, before: number, after: number, limit: number): Promise<Removal> {
      if (isChunked(kind)) {
        const removed = await createChunkRewriter(db, kind).removeBefore(before);
        return { removed, next: removed > 0 ? after : undefined };
      }
      const { window, remove } = kinds[kind];
      const { last, oldest } = (await window.get(after, limit)) as { last: number | null; oldest: number | null };
      if (last === null || oldest === null || oldest >= before) return { removed: 0, next: undefined };
      const { changes } = await remove.run({ after, last, before });
      return { removed: changes, next: last };
    },
  };
}
