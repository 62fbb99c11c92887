/** Starts a PostgreSQL for a whole run of tests (VEDETTE_TEST_DATABASE=postgres, vitest.config.ts), with a database that has the hub's schema. */
import type { TestProject } from 'vitest/node';
import { databaseAddress } from '../../cloud-hub/database-address.ts';
import { openPostgresDatabase } from '../../cloud-hub/store/postgres/open.ts';
import { hasPostgres, preparePostgres, withoutPostgres } from './postgres.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!hasPostgres) throw new Error(`VEDETTE_TEST_DATABASE=postgres: ${withoutPostgres}`);
  const postgres = await preparePostgres();
  await postgres.start();
  const url = await postgres.newDatabase();
  await (await openPostgresDatabase(databaseAddress(url), 1, { folder: '.' })).close();
  project.provide('postgresTemplate', url);
  return postgres.remove;
}
