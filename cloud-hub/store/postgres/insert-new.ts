/** Rows of records, many in one statement: each column goes as one list, so that the text of the statement is always the same. */
import { z } from 'zod';
import type { Db, Value } from '../database.ts';

const NUMBERS: ReadonlySet<string> = new Set(['seq', 'at', 'received_at', 'backfill', 'has_snapshot']);

function typeOf(column: string): string {
  return NUMBERS.has(column) ? 'bigint' : 'text';
}

const given = z.array(z.object({ id: z.number(), device: z.string(), epoch: z.string(), seq: z.number() }));

/** See Dialect. The sequence of a table gives no id twice, whatever was erased. */
export async function insertNew(
  db: Db,
  table: string,
  columns: readonly string[],
  values: readonly (readonly Value[])[],
): Promise<(number | undefined)[]> {
  const lists = columns.map((column, i) => `CAST($${i + 1} AS ${typeOf(column)}[])`);
  const text = `INSERT INTO ${table} (${columns.join(', ')})
    SELECT ${columns.join(', ')} FROM unnest(${lists.join(', ')}) WITH ORDINALITY AS r (${columns.join(', ')}, place)
    ORDER BY place ON CONFLICT (device, epoch, seq) DO NOTHING RETURNING id, device, epoch, seq`;
  const { rows } = await db.execute(
    text,
    columns.map((_, i) => listText(values.map((row) => row[i] ?? null))),
  );
  const ids = new Map(given.parse(rows).map(({ id, ...key }) => [keyOf(key.device, key.epoch, key.seq), id]));
  const [device, epoch, seq] = ['device', 'epoch', 'seq'].map((column) => columns.indexOf(column));
  return values.map((row) => {
    const key = keyOf(row[device ?? 0], row[epoch ?? 0], row[seq ?? 0]);
    const id = ids.get(key);
    // One that comes twice in the same list is stored once.
    ids.delete(key);
    return id;
  });
}

/** See Dialect. */
export async function nextIds(db: Db, table: string, count: number): Promise<number[]> {
  const { rows } = await db.execute(
    `SELECT nextval(pg_get_serial_sequence('${table}', 'id')) AS id FROM generate_series(1, CAST($1 AS bigint))`,
    [count],
  );
  return rows.map((row) => idRow.parse(row).id);
}

const idRow = z.object({ id: z.number() });

function keyOf(...parts: readonly unknown[]): string {
  return JSON.stringify(parts);
}

/** A list as PostgreSQL reads it ("Array Input and Output Syntax"). */
function listText(values: readonly Value[]): string {
  return `{${values.map((value) => (typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : (value ?? 'NULL'))).join(',')}}`;
}
