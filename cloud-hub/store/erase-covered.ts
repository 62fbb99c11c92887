/** Which rows an order to erase covers; each question looks at a bounded number of rows. */
import type { Db } from './database.ts';
import { timeColumn } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface RowOrder {
  readonly device: string;
  /** Undefined: of every stream. */
  readonly stream?: string | undefined;
  /** Milliseconds since 1970. */
  readonly from?: number | undefined;
  readonly before: number;
  readonly pictures: boolean;
}

export interface Covered {
  readonly ids: readonly number[];
  /** The last id that was looked at; undefined: there was none left. */
  readonly after: number | undefined;
}

/** Of one question: some milliseconds of the hub's time. */
const ROWS = 1000;
/** So many refused payloads are in memory. */
const PAYLOADS = 50;
/** A sample waits at most so long for the hub, unless a device says otherwise; then its picture's own time decides. */
const SAMPLE_WAIT_MS = 3_600_000;
const GZIP_MAGIC = [0x1f, 0x8b];

export function eraseRowsOf(db: Db) {
  const prepare = statementsOf(db);
  const clock = db.dialect.jsonText('body', 'clock');
  const scan = (table: string, stream: string) =>
    prepare(
      `SELECT id, CASE WHEN (at >= $from AND at < $before) OR coalesce(${clock}, '') = 'wrong' THEN 1 ELSE 0 END AS hit
         FROM ${table} WHERE device = $device AND ${stream} AND id > $after ORDER BY id LIMIT ${ROWS}`,
    );
  const tables = new Map(
    ['events', 'problems', 'records'].map((table) => [
      table,
      { one: scan(table, 'stream = $stream'), all: scan(table, 'stream IS NOT NULL') },
    ]),
  );
  const opinions = prepare(
    `SELECT opinions.id, CASE WHEN (received_at >= $from AND received_at < $late)
         OR EXISTS (SELECT 1 FROM sample_pictures p WHERE p.opinion_id = opinions.id AND p.at >= $from AND p.at < $before)
         THEN 1 ELSE 0 END AS hit
       FROM opinions WHERE device = $device AND (CAST($stream AS text) IS NULL OR stream = $stream) AND id > $after
       ORDER BY id LIMIT ${ROWS}`,
  );
  const refused = prepare(
    `SELECT id, payload FROM quarantine WHERE device = ? AND received_at >= ? AND id > ? ORDER BY id LIMIT ${PAYLOADS}`,
  );

  const rows = (found: unknown[]): Covered => {
    const all = found as { id: number; hit: number }[];
    return { ids: all.filter(({ hit }) => hit !== 0).map(({ id }) => id), after: all.at(-1)?.id };
  };

  return {
    async records(table: string, order: RowOrder, after: number): Promise<Covered> {
      const statements = tables.get(table);
      if (!statements) throw new Error(`${table} has no records`);
      const { device, stream } = order;
      const bounds = { device, after, ...timesOf(order) };
      return rows(
        stream === undefined ? await statements.all.all(bounds) : await statements.one.all({ ...bounds, stream }),
      );
    },

    async opinions(order: RowOrder, after: number): Promise<Covered> {
      const { device, stream = null } = order;
      const times = timesOf(order);
      return rows(await opinions.all({ device, stream, after, ...times, late: times.before + SAMPLE_WAIT_MS }));
    },

    /** What was refused may be anything: all that names the stream, or cannot be read. */
    async refused({ device, stream, from }: RowOrder): Promise<number[]> {
      const ids: number[] = [];
      for (let after = 0; ; ) {
        const rows = (await refused.all(device, timeColumn(from ?? 0), after)) as { id: number; payload: Buffer }[];
        for (const { id, payload } of rows) if (mayBeOf(payload, stream)) ids.push(id);
        const last = rows.at(-1);
        if (!last) return ids;
        after = last.id;
      }
    },
  };
}

export function timesOf({ from, before }: RowOrder) {
  return { from: timeColumn(from ?? 0), before: timeColumn(before) };
}

function mayBeOf(payload: Buffer, stream: string | undefined): boolean {
  if (stream === undefined || GZIP_MAGIC.every((byte, at) => payload[at] === byte)) return true;
  return payload.includes(`"${stream}"`) || payload[0] !== '{'.charCodeAt(0);
}
