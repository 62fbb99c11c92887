/** Starts a PostgreSQL for a whole run of tests (VEDETTE_TEST_DATABASE=postgres, vitest.config.ts), with a database that has the hub's schema. */
import type { TestProject } from 'vitest/node';
import { databaseAddress } from '../../cloud-hub/database-address.ts';
import { openPostgresDatabase } from '../../cloud-hub/store/postgres/open.ts';
import { preparePostgres } from './postgres.ts';

async function start() {
  const { start: begin, newDatabase, remove } = await preparePostgres();
  await begin();
  const url = await newDatabase();
  await (await openPostgresDatabase(databaseAddress(url), 1, { folder: '.' })).close();
  return { url, remove };
}

/** Vitest asks once for each project; they share one. */
let running: ReturnType<typeof start> | undefined;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  running ??= start();
  const { url } = await running;
  project.provide('postgresTemplate', url);
  return async () => {
    const last = await running;
    running = undefined;
    await last?.remove();
  };
}
