/** Connections to one SQLite file: one that writes, one that reads beside it; and how kysely speaks to it. */
import { type Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { SqliteDatabase, SqliteStatement } from '../../../shared/kit/sqlite.ts';
import type { Result, Value } from '../database.ts';

/** Texts of statements are few, but lists may ask for many ids. */
const MAX_KEPT = 500;

/** One connection, with the statements that it was asked for last. */
export class Connection {
  readonly #database: SqliteDatabase;
  readonly #kept = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  prepared(text: string): SqliteStatement {
    const kept = this.#kept.get(text);
    if (kept) return kept;
    const made = this.#database.prepare<unknown[]>(text);
    if (this.#kept.size >= MAX_KEPT) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(text, made);
    return made;
  }

  run(text: string, values: readonly Value[]): Result {
    const statement = this.prepared(text);
    if (statement.reader) {
      const rows = statement.all(values as unknown[]);
      return { rows, changes: statement.readonly ? 0 : rows.length };
    }
    return { rows: [], changes: statement.run(values as unknown[]).changes };
  }
}

/** How kysely writes the SQL of SQLite. */
export const sqliteLanguage = {
  createAdapter: () => new SqliteAdapter(),
  createIntrospector: (database: Kysely<unknown>) => new SqliteIntrospector(database),
  createQueryCompiler: () => new SqliteQueryCompiler(),
};
