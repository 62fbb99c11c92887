/** A PostgreSQL for the tests of one file, and connections that end with their test. */
import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { databaseAddress } from '../../../../cloud-hub/database-address.ts';
import type { HubDatabase } from '../../../../cloud-hub/store/database.ts';
import { connectPostgres } from '../../../../cloud-hub/store/postgres/connection.ts';
import { openPostgresDatabase, type PostgresOptions } from '../../../../cloud-hub/store/postgres/open.ts';
import { type Postgres, preparePostgres } from '../../../support/postgres.ts';
import { tempFolder } from '../../../support/temp.ts';

/** Before the tests of a file; `it` may be asked for while they run. */
export function postgresOfFile(): { it(): Postgres } {
  let postgres: Postgres | undefined;
  beforeAll(async () => {
    postgres = await preparePostgres();
    await postgres.start();
  });
  afterAll(() => postgres?.remove());
  return {
    it() {
      if (!postgres) throw new Error('only while tests run');
      return postgres;
    },
  };
}

/** kysely, as migrations get it. */
export function queryOf(url: string): Kysely<unknown> {
  const pools = connectPostgres(databaseAddress(url), () => undefined);
  onTestFinished(() => pools.close());
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: pools.writers }) });
}

/** The database as the store gets it. */
export async function openAt(url: string, options: Partial<PostgresOptions> = {}): Promise<HubDatabase> {
  const database = await openPostgresDatabase(databaseAddress(url), 1, { folder: tempFolder(), ...options });
  onTestFinished(() => database.close());
  return database;
}
