/**
 * With VEDETTE_TEST_DATABASE=postgres (vitest.config.ts) every store that a test opens in its own process is on PostgreSQL instead of SQLite: this file
 * replaces the one place where the hub chooses. A folder has the same database each time it is opened, as it has the same file.
 */
import { realpathSync } from 'node:fs';
import { inject, onTestFinished, vi } from 'vitest';
import { databaseAddress } from '../../cloud-hub/database-address.ts';
import { asSuperuser } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a database with the hub's schema, which nobody uses. */
    postgresTemplate: string;
  }
}

/** By folder: the address of its database. */
const databases = new Map<string, Promise<string>>();
/** Used before, by tests that have ended: to empty one is a tenth of the work of making one. */
const free: string[] = [];
let made = 0;

/** Rows and what sequences have given; no trigger and no reference is asked. */
const EMPTY = `DO $$
  DECLARE one record; has_rows boolean;
  BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version' LOOP
      EXECUTE format('SELECT EXISTS (SELECT FROM %I)', one.name) INTO has_rows;
      IF has_rows THEN EXECUTE format('DELETE FROM %I', one.name); END IF;
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
  END $$`;

async function databaseOf(key: string): Promise<string> {
  const url = await emptyDatabase();
  onTestFinished(() => {
    databases.delete(key);
    free.push(url);
  });
  return url;
}

async function emptyDatabase(): Promise<string> {
  const used = free.pop();
  if (used !== undefined) {
    await asSuperuser(used, EMPTY);
    return used;
  }
  const template = new URL(inject('postgresTemplate'));
  made += 1;
  const name = `test_${process.pid}_${made}`;
  const server = new URL(template);
  server.pathname = '/postgres';
  const statement = `CREATE DATABASE ${name} TEMPLATE ${template.pathname.slice(1)} STRATEGY FILE_COPY`;
  await asSuperuser(server.href, statement);
  server.pathname = `/${name}`;
  return server.href;
}

vi.mock(import('../../cloud-hub/store/open.ts'), async (original) => {
  const { openDatabase } = await original();
  return {
    openDatabase: async (folder, now, choice = {}) => {
      const key = realpathSync(folder);
      const url = databases.get(key) ?? databaseOf(key);
      databases.set(key, url);
      return openDatabase(folder, now, { ...choice, address: choice.address ?? databaseAddress(await url) });
    },
  };
});
