/** What /readyz tries: each thing that would keep a commit from lasting, made to happen. */
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { mayMount, mountSmallDisk } from '../../support/small-disk.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';
import { problemOf } from './problems.ts';

const readiness = async (hub: TestHub) => {
  const ready = await fetch(`${hub.url}/readyz`);
  return ready.ok ? 'ready' : `${ready.status} ${(await problemOf(ready)).detail}`;
};

test.each([
  ['hub.db', rmSync],
  ['hub.db-wal', rmSync],
  [
    'hub.db',
    (file: string) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  ],
])('readyz notices that %s on the disk is not the open file any more', async (name, change) => {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  expect(await readiness(hub)).toBe('ready');
  change(path.join(folder, name));
  expect(await readiness(hub)).toBe(
    `503 not ready: database: ${name} was removed or replaced while the hub has it open: restart the hub`,
  );
});

test('a foreign lock: not ready, nothing acknowledged, the caller told to try again, and no long standstill', async () => {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  const cam = await testDevice(hub, 'cam');
  const batch = { epoch: 'e1', from: 1, to: 1, records: [eventRecord(1)] };
  const foreign = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL' });
  onTestFinished(() => {
    foreign.close();
  });
  foreign.exec('BEGIN IMMEDIATE');
  await cam.publish('records', batch);
  const begun = performance.now();
  expect(await readiness(hub)).toBe('503 not ready: database: database is locked');
  const refused = await hub.post('/devices', { id: 'other' });
  // A quarter of a second each, where SQLite's own default is five seconds.
  expect(performance.now() - begun).toBeLessThan(5000);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await problemOf(refused)).detail).toBe('another program holds the lock of the database: try again');
  expect((await hub.json<{ items: unknown[] }>('/quarantine')).items).toEqual([]);
  foreign.exec('ROLLBACK');
  expect(await readiness(hub)).toBe('ready');
  await cam.publish('records', batch);
  // The first acknowledgement there is, and for a record that is stored once.
  expect(await cam.nextAck()).toEqual({ epoch: 'e1', upTo: 1, ranges: [] });
  const { items } = await hub.json<{ items: { backfill?: boolean }[] }>('/events');
  expect(items).toHaveLength(1);
});

test.skipIf(!mayMount())('readyz says that the disk is nearly full, and that it is free again', async () => {
  const disk = mountSmallDisk(80 * 1024 ** 2);
  onTestFinished(() => disk.unmount());
  const hub = await testHub({ folder: disk.folder });
  expect(await readiness(hub)).toBe('ready');
  disk.take(20 * 1024 ** 2);
  expect(await readiness(hub)).toMatch(/^503 not ready: disk: only \d\d MB are free$/);
  disk.giveBack();
  expect(await readiness(hub)).toBe('ready');
});
