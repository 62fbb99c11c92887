/** Reads a database file beside the hub that may have it open. */
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import type { Db, Value } from '../database.ts';
import { kyselyOver } from '../statement-driver.ts';
import { Connection, sqliteLanguage } from './connections.ts';
import { sqliteDialect } from './dialect.ts';

/** @throws the error of SQLite; what `work` throws */
export async function readFile<T>(file: string, work: (db: Db) => Promise<T>): Promise<T> {
  const database = openSqlite(file, { synchronous: 'NORMAL', readonly: true });
  try {
    const connection = new Connection(database);
    const execute = async (text: string, values: readonly Value[]) => connection.run(text, values);
    return await work({ query: kyselyOver(execute, sqliteLanguage), execute, dialect: sqliteDialect });
  } finally {
    database.close();
  }
}
