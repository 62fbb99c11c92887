/** kysely over a function that runs statements; it begins no transactions of its own. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
} from 'kysely';
import type { Db, Value } from './dialect.ts';
import type { Tables } from './tables.ts';

/** @param language how kysely writes the SQL of a database */
export function kyselyOver(execute: Db['execute'], language: Omit<Dialect, 'createDriver'>): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: { ...language, createDriver: () => new StatementDriver(execute) } });
}

class StatementDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(execute: Db['execute']) {
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
