/** Changes of the schema for whoever wants to see them first, or to make them before hubs start. */
import { Kysely, PostgresDialect } from 'kysely';
import type { DatabaseAddress } from '../../database-address.ts';
import { connectPostgres } from './connection.ts';
import { describeFailure } from './failures.ts';
import { migratePostgres } from './migrations.ts';
import { requireServer } from './readiness.ts';

export type Migrated = Awaited<ReturnType<typeof migratePostgres>>;

/**
 * @param now milliseconds since 1970, noted beside each change
 * @param dryRun does all of it and takes it back
 * @throws Error that says what is wrong, where, and what to do
 */
export async function migrateDatabase(address: DatabaseAddress, now: number, dryRun: boolean): Promise<Migrated> {
  const pools = connectPostgres(address, () => undefined);
  try {
    await requireServer(pools.readers);
    const query = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: pools.writers }) });
    return await migratePostgres(query, now, { dryRun });
  } catch (error) {
    throw new Error(describeFailure(error, address.shown), { cause: error });
  } finally {
    await pools.close();
  }
}
