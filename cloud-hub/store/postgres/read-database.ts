/** Reads a database beside the hubs that have it open. */

import type { DatabaseAddress } from '../../database-address.ts';
import type { Db } from '../database.ts';
import { kyselyOver } from '../statement-driver.ts';
import { connectPostgres, run } from './connection.ts';
import { postgresDialect } from './dialect.ts';
import { describeFailure } from './failures.ts';
import { postgresLanguage } from './language.ts';
import { requireServer } from './readiness.ts';

/** @throws Error that says what is wrong, where, and what to do */
export async function readDatabase<T>(address: DatabaseAddress, work: (db: Db) => Promise<T>): Promise<T> {
  const pools = connectPostgres(address, () => undefined);
  try {
    await requireServer(pools.readers);
    const execute: Db['execute'] = (text, values) => run(pools.readers, text, values);
    return await work({ query: kyselyOver(execute, postgresLanguage), execute, dialect: postgresDialect });
  } catch (error) {
    throw new Error(describeFailure(error, address.shown), { cause: error });
  } finally {
    await pools.close();
  }
}

export interface Facts {
  /** Undefined: no hub has been started with it. */
  readonly schema: number | undefined;
  readonly bytes: number;
  /** By table, about: as the server counted last. */
  readonly rows: Readonly<Record<string, number>>;
}

export async function factsOf({ execute }: Db): Promise<Facts> {
  const one = async <T>(text: string) => (await execute(text, [])).rows as T[];
  const tables = await one<{ name: string; rows: number }>(
    'SELECT relname AS name, n_live_tup AS rows FROM pg_stat_user_tables WHERE schemaname = current_schema() ORDER BY relname',
  );
  const hasSchema = tables.some(({ name }) => name === 'schema_version');
  const [version] = hasSchema
    ? await one<{ version: number }>('SELECT max(version) AS version FROM schema_version')
    : [];
  const [size] = await one<{ bytes: number }>('SELECT pg_database_size(current_database()) AS bytes');
  return {
    schema: version?.version,
    bytes: size?.bytes ?? 0,
    rows: Object.fromEntries(tables.map(({ name, rows }) => [name, rows])),
  };
}
