/**
 * Statements whose text never changes, in SQL that both databases speak. Values are bound in the order of `?`, or by name (`:name`)
 * from one object.
 */
import type { Db, Value } from './database.ts';
import type { Dialect } from './dialect.ts';

type Named = Readonly<Record<string, Value>>;

export interface Statement {
  /** The first row. */
  get(...values: readonly Value[] | readonly [Named]): Promise<unknown>;
  all(...values: readonly Value[] | readonly [Named]): Promise<unknown[]>;
  /** For a statement that gives no rows back. */
  run(...values: readonly Value[] | readonly [Named]): Promise<{ readonly changes: number }>;
  /** Gives the first column instead of rows. */
  pluck(): Statement;
}

interface Parsed {
  readonly text: string;
  /** In the order of the placeholders; none when they have no names. */
  readonly names: readonly string[];
}

/** By dialect and text; there are as many as the store has statements. */
const known = new WeakMap<Dialect, Map<string, Parsed>>();

const TOKEN = /'[^']*'|\?|[:$]([a-zA-Z]\w*)/g;

function parse({ dialect }: Db, sql: string): Parsed {
  const texts = known.get(dialect) ?? new Map<string, Parsed>();
  known.set(dialect, texts);
  const before = texts.get(sql);
  if (before) return before;
  const names: string[] = [];
  let n = 0;
  const text = sql.replace(TOKEN, (token: string, name: string | undefined) => {
    if (token.startsWith("'")) return token;
    if (name === undefined) return dialect.placeholder(++n);
    // PostgreSQL learns the type of a value from all of its places.
    const place = dialect.name === 'postgres' ? names.indexOf(name) : -1;
    return dialect.placeholder(place === -1 ? names.push(name) : place + 1);
  });
  const parsed = { text, names };
  texts.set(sql, parsed);
  return parsed;
}

/** Gives what makes statements for a way into the database. */
export function statementsOf(db: Db): (sql: string) => Statement {
  const made = ({ text, names }: Parsed, isPlucked: boolean): Statement => {
    const bound = (values: readonly Value[] | readonly [Named]): readonly Value[] => {
      if (names.length === 0) return values as readonly Value[];
      const given = values[0] as Named;
      return names.map((name) => {
        const value = given[name];
        if (value === undefined) throw new Error(`no value for :${name}`);
        return value;
      });
    };
    const shown = isPlucked ? (row: unknown) => firstColumn(row) : (row: unknown) => row;
    return {
      async get(...values) {
        const { rows } = await db.execute(text, bound(values));
        return rows.length === 0 ? undefined : shown(rows[0]);
      },
      async all(...values) {
        const { rows } = await db.execute(text, bound(values));
        return isPlucked ? rows.map(shown) : (rows as unknown[]);
      },
      run: (...values) => db.execute(text, bound(values)),
      pluck: () => made({ text, names }, true),
    };
  };
  return (sql) => made(parse(db, sql), false);
}

function firstColumn(row: unknown): unknown {
  return Object.values(row as Record<string, unknown>)[0];
}
