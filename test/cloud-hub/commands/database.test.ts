/** A hub moves from hub.db to PostgreSQL by the commands that people type. */
import { renameSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { databaseAddress } from '../../../cloud-hub/database-address.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { hasPostgres, withoutPostgres } from '../../support/postgres.ts';
import { type Finished, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { postgresOfFile, queryOf } from '../store/postgres/support.ts';
import { addDevice, eventRecord, lossRecord, readingRecord, summaryRecord, testDevice, testHub } from '../support.ts';

const run = (...args: string[]): Promise<Finished> =>
  startProgram('cloud-hub/main.js', ['database', ...args], { cwd: tempFolder() }).ended;

/** Data folder of a hub that has seen something of most kinds. */
async function usedFolder(): Promise<string> {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  const cam = await testDevice(hub, 'cam');
  await addDevice(hub, 'gate');
  const loss = lossRecord(3, { epoch: 'e1', from: 0, to: 0, reason: 'full' });
  const records = [eventRecord(1), summaryRecord(2), loss, readingRecord(4), eventRecord(5)];
  await cam.publish('records', { epoch: 'e1', from: 1, to: 5, records });
  await cam.nextAck();
  await cam.publishRaw('records', Buffer.from('no message'));
  await expect.poll(async () => (await hub.json<{ items: unknown[] }>('/quarantine')).items.length).toBe(1);
  await hub.hub.stop();
  return folder;
}

describe.skipIf(!hasPostgres)(`database${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  test('copy: everything is there, compared, and the hub goes on with new numbers; a target with rows is refused', async () => {
    const folder = await usedFolder();
    // Ids of events that were erased, as the newest ones, before.
    const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    file.exec("INSERT INTO id_floors (name, floor) VALUES ('events', 1000)");
    file.close();
    const url = await postgres.it().newDatabase();
    const copied = await run('copy', '--from', folder, '--to', url);
    expect([copied.code, copied.stderr]).toEqual([0, '']);
    expect(copied.stdout).toMatch(/^events +2 rows {2}sha256:[0-9a-f]{16} {2}the same$/m);
    expect(copied.stdout).toMatch(/^quarantine +1 rows/m);
    expect(copied.stdout).toContain('read back and compared');
    expect(copied.stdout).not.toContain(new URL(url).password);

    const again = await run('copy', '--from', folder, '--to', url);
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(/has rows already \(.*CREATE DATABASE/)]);

    renameSync(path.join(folder, 'hub.db'), path.join(folder, 'hub.db.moved'));
    const store = await openStore(folder, 1, { address: databaseAddress(url) });
    expect((await store.devices.roster()).map(({ id }) => id).toSorted()).toEqual(['cam', 'gate']);
    expect(await store.sequences.upTo('cam', 'e1')).toBe(5);
    const next = await store.tokens.add({ name: 'ann', role: 'viewer', hash: 'h', createdAt: 1 });
    const all = await store.tokens.list('token');
    expect(all.filter(({ id }) => id === next?.id)).toHaveLength(1);
    await store.close();
    const given = await sql<{ id: number }>`SELECT nextval(pg_get_serial_sequence('events', 'id')) AS id`.execute(
      queryOf(url),
    );
    expect(Number(given.rows[0]?.id)).toBe(1001);
  });

  test('copy: what breaks off leaves nothing; a hub that runs, an older file and no file are refused', async () => {
    const folder = await usedFolder();
    const url = await postgres.it().newDatabase();
    const copy = (from = folder) => run('copy', '--from', from, '--to', url);
    const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    file.exec("UPDATE problems SET at = 'noon'");
    const broken = await copy();
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringMatching(/cannot use the database.*noon/)]);
    file.exec('UPDATE problems SET at = 5');
    const store = await openStore(folder, 1);
    const busy = await copy();
    expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining('another hub is using the data folder')]);
    await store.close();
    file.exec('DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)');
    const old = await copy();
    expect([old.code, old.stderr]).toEqual([1, expect.stringContaining('start the hub of this version on it once')]);
    file.exec('INSERT INTO schema_version SELECT max(version) + 1, 1 FROM schema_version');
    file.close();
    const none = await copy(tempFolder());
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('there is no')]);
    // After all this the target is still empty.
    expect((await copy()).code).toBe(0);
  });

  test('migrate: a dry run shows what would be done and leaves nothing; then it is done, and done once', async () => {
    const url = await postgres.it().newDatabase();
    const migrate = (...more: string[]) => run('migrate', '--database-url', url, ...more);
    const dry = await migrate('--dry-run');
    expect([dry.code, dry.stderr]).toEqual([0, '']);
    expect(dry.stdout).toContain('CREATE TABLE events');
    expect(dry.stdout).toMatch(/were taken back; it was empty, and would be schema version \d+\n$/);
    expect((await migrate()).stdout).toMatch(/has schema version \d+ now; it was empty\n$/);
    expect((await migrate()).stdout).toMatch(/the newest: nothing to do\n$/);
    const wrong = await run('migrate', '--database-url', 'mysql://x');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('must be like postgres://')]);
    expect((await run('migrate')).code).toBe(2);
  });
});
