/** Many rows by one statement: each statement costs more than a row. */
import type { Db, Value } from '../database.ts';
import type { Dialect } from '../dialect.ts';

/** Few sizes, so that few statements are kept. */
const SIZES = [64, 16, 4, 1] as const;

const texts = new Map<string, string>();

function insertOf(table: string, columns: readonly string[], rows: number): string {
  const key = `${table} ${rows}`;
  const kept = texts.get(key);
  if (kept) return kept;
  const row = `(?, ${columns.map(() => '?').join(', ')})`;
  const text = `INSERT INTO ${table} (id, ${columns.join(', ')}) VALUES ${Array.from({ length: rows }, () => row).join(', ')}
    ON CONFLICT (device, epoch, seq) DO NOTHING`;
  texts.set(key, text);
  return text;
}

const nextOf = (table: string) =>
  `SELECT max((SELECT coalesce(max(id), 0) FROM ${table}),
     coalesce((SELECT floor FROM id_floors WHERE name = '${table}'), 0)) + 1 AS id`;

async function idsFrom(db: Db, table: string, first: number): Promise<ReadonlySet<number>> {
  const { rows } = await db.execute(`SELECT id FROM ${table} WHERE id >= ?`, [first]);
  return new Set((rows as readonly { id: number }[]).map(({ id }) => id));
}

export const nextIds: Dialect['nextIds'] = async (db, table, count) => {
  const { rows } = await db.execute(nextOf(table), []);
  const { id } = rows[0] as { id: number };
  return Array.from({ length: count }, (_, i) => id + i);
};

export const insertNew: Dialect['insertNew'] = async (db: Db, table, columns, values) => {
  const { rows } = await db.execute(nextOf(table), []);
  // Nobody else writes meanwhile.
  let next = (rows[0] as { id: number }).id;
  const ids: (number | undefined)[] = [];
  for (let at = 0; at < values.length; ) {
    const size = SIZES.find((one) => one <= values.length - at) ?? 1;
    const bound: Value[] = [];
    for (let row = at; row < at + size; row++) {
      bound.push(next++);
      for (const value of values[row] ?? []) bound.push(value);
    }
    const { changes } = await db.execute(insertOf(table, columns, size), bound);
    const first = next - size;
    // Giving ids back would cost as much as the rows; which were there is asked only when some were.
    const there = changes === size ? undefined : await idsFrom(db, table, first);
    for (let id = first; id < next; id++) ids.push(!there || there.has(id) ? id : undefined);
    at += size;
  }
  return ids;
};
