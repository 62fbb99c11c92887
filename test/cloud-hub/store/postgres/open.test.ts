import { describe, expect, test } from 'vitest';
import { databaseAddress } from '../../../../cloud-hub/database-address.ts';
import { openStore } from '../../../../cloud-hub/store/store.ts';
import { freePort } from '../../../support/free-port.ts';
import { asSuperuser, hasPostgres, withoutPostgres } from '../../../support/postgres.ts';
import { tempFolder } from '../../../support/temp.ts';
import { postgresOfFile } from './support.ts';

describe.skipIf(!hasPostgres)(`a hub whose database is on PostgreSQL${withoutPostgres}`, () => {
  const postgres = postgresOfFile();
  const openAt = (url: string, folder = tempFolder()) => openStore(folder, 1, { address: databaseAddress(url) });

  test('has its folder alone, shares the database, and gives the folder back', async () => {
    const url = await postgres.it().newDatabase();
    const folder = tempFolder();
    const store = await openAt(url, folder);
    await expect(openAt(url, folder)).rejects.toThrow('another hub is using the data folder');
    const other = await openAt(url);
    await other.close();
    await store.close();
    await (await openAt(url, folder)).close();
  });

  test('says what is wrong, where, and what to do, and never the password', async () => {
    const url = await postgres.it().newDatabase();
    const changed = (change: (url: URL) => void) => {
      const copy = new URL(url);
      change(copy);
      return copy.href;
    };
    const port = await freePort();
    const failures: [string, RegExp][] = [
      [changed((u) => (u.port = String(port))), /cannot use the database .*ECONNREFUSED.*Is PostgreSQL running there/],
      [changed((u) => (u.password = 'wrong-secret')), /password authentication failed.*Check user and password/],
      [changed((u) => (u.pathname = '/absent')), /"absent" does not exist.*CREATE DATABASE/],
      [changed((u) => u.searchParams.set('sslmode', 'require')), /does not support SSL/],
    ];
    for (const [wrong, why] of failures) {
      await expect(openAt(wrong)).rejects.toThrow(why);
      await expect(openAt(wrong)).rejects.not.toThrow(new RegExp(`wrong-secret|${new URL(url).password}`));
    }
    // A folder that is refused is free again.
    const folder = tempFolder();
    await expect(openAt(failures[0]?.[0] ?? '', folder)).rejects.toThrow();
    await (await openAt(url, folder)).close();
  });

  test('reaches it by its socket too', async () => {
    const url = new URL(await postgres.it().newDatabase());
    url.searchParams.set('host', postgres.it().socketFolder);
    const store = await openAt(url.href);
    expect(await store.devices.counts()).toEqual({ known: 0, online: 0 });
    await store.close();
  });

  test('refuses a database that does not keep UTF-8', async () => {
    const url = new URL(await postgres.it().newDatabase());
    await asSuperuser(
      url.href,
      `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
    );
    url.pathname = '/latin';
    await expect(openAt(url.href)).rejects.toThrow(/its encoding is LATIN1/);
  });

  test('is not ready while the database or the folder is not', async () => {
    const folder = tempFolder();
    const store = await openAt(await postgres.it().newDatabase(), folder);
    await store.readiness.database();
    await store.readiness.disk();
    await postgres.it().stop();
    await expect(store.readiness.database()).rejects.toThrow('Is PostgreSQL running there');
    await postgres.it().start();
    await store.readiness.database();
    await store.close();
  });
});
