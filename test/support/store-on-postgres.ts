/**
 * With VEDETTE_TEST_DATABASE=postgres (vitest.config.ts) every store that a test opens in its own process is on PostgreSQL instead of SQLite: this file
 * replaces the one place where the hub chooses. A folder has the same database each time it is opened, as it has the same file.
 */
import { realpathSync } from 'node:fs';
import { inject, onTestFinished, vi } from 'vitest';
import { databaseAddress } from '../../cloud-hub/store/postgres/address.ts';
import { asSuperuser } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a database with the hub's schema, which nobody uses. */
    postgresTemplate: string;
  }
}

/** By folder: the address of its database. */
const databases = new Map<string, Promise<string>>();
let made = 0;

async function copyOf(template: string): Promise<string> {
  const url = new URL(template);
  made += 1;
  const name = `test_${process.pid}_${made}`;
  const server = new URL(url);
  server.pathname = '/postgres';
  await asSuperuser(server.href, `CREATE DATABASE ${name} TEMPLATE ${url.pathname.slice(1)} STRATEGY FILE_COPY`);
  onTestFinished(() => asSuperuser(server.href, `DROP DATABASE ${name} WITH (FORCE)`));
  url.pathname = `/${name}`;
  return url.href;
}

vi.mock(import('../../cloud-hub/store/open.ts'), async (original) => {
  const { openDatabase } = await original();
  return {
    openDatabase: async (folder, now, choice = {}) => {
      const key = realpathSync(folder);
      const url = databases.get(key) ?? copyOf(inject('postgresTemplate'));
      databases.set(key, url);
      return openDatabase(folder, now, { address: databaseAddress(await url), ...choice });
    },
  };
});
