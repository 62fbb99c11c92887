/** Connections to one SQLite file: one that writes, one that reads beside it; and kysely's way into them. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqliteDatabase, SqliteStatement } from '../../../shared/kit/sqlite.ts';
import type { Result, Value } from '../database.ts';
import type { Tables } from '../tables.ts';

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

export type Execute = (text: string, values: readonly Value[]) => Promise<Result>;

/** kysely over a function that runs statements; it begins no transactions of its own. */
export function kyselyOver(execute: Execute): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new StatementDriver(execute),
      createIntrospector: (database) => new SqliteIntrospector(database),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}

class StatementDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(execute: Execute) {
    this.#connection = {
      async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
        const { rows, changes } = await execute(sql, parameters as readonly Value[]);
        // kysely cannot know what a statement gives; its types come from the table types.
        return { rows: rows as R[], numAffectedRows: BigInt(changes) };
      },
      streamQuery() {
        throw new Error('the store reads page by page');
      },
    };
  }

  async init(): Promise<void> {}
  acquireConnection = async (): Promise<DatabaseConnection> => this.#connection;
  beginTransaction = (): Promise<void> => Promise.reject(new Error('use transact'));
  commitTransaction = this.beginTransaction;
  rollbackTransaction = this.beginTransaction;
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}
