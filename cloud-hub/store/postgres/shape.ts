/** What a database looks like from inside: its tables, in an order in which rows may be inserted, with columns and keys. */
import type { Db } from '../database.ts';

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns by which its rows have one order. */
  readonly key: readonly string[];
  /** The column whose values the server gives, with a sequence; undefined: it has none. */
  readonly identity: string | undefined;
}

/** Tables of the hub, but for the book of schema changes; each after those that it refers to. */
export async function tablesOf({ execute }: Pick<Db, 'execute'>): Promise<Table[]> {
  const { rows } = await execute(
    `SELECT c.relname AS name,
       (SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
       (SELECT json_agg(attname ORDER BY array_position(i.indkey::int2[], attnum)) FROM pg_attribute
          WHERE attrelid = c.oid AND attnum = ANY (i.indkey)) AS key,
       (SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attidentity <> '') AS identity,
       (SELECT json_agg(DISTINCT confrelid::regclass::text) FROM pg_constraint
          WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> c.oid) AS refers
     FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_version' ORDER BY c.relname`,
    [],
  );
  const found = (rows as Row[]).map(({ name, columns, key, identity, refers }) => ({
    ...{ name, columns, refers: refers ?? [] },
    ...{ key: key ?? (identity === null ? columns : [identity]), identity: identity ?? undefined },
  }));
  const ordered: typeof found = [];
  while (ordered.length < found.length) {
    const isThere = (name: string) => ordered.some((one) => one.name === name);
    const next = found.filter(({ name, refers }) => !isThere(name) && refers.every(isThere));
    if (next.length === 0) throw new Error('tables refer to one another in a circle');
    ordered.push(...next);
  }
  return ordered;
}

interface Row {
  readonly name: string;
  readonly columns: string[];
  readonly key: string[] | null;
  readonly identity: string | null;
  readonly refers: string[] | null;
}
