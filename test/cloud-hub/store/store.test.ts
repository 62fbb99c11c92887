import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { readingRecord } from '../support.ts';

const refused = (n: number, bytes: number) => ({
  device: 'cam',
  receivedAt: n,
  reason: `reason ${n}`,
  bytes,
  digest: `d${n}`,
  payload: Buffer.alloc(bytes, n),
});

describe('quarantine', () => {
  async function open(limits = { maxEntries: 5, maxBytes: 100, maxEntryBytes: 40 }) {
    const store = await openStore(tempFolder(), 0, { quarantine: limits });
    onTestFinished(() => store.close());
    return store.quarantine;
  }

  test('holds a bounded number of entries a device, the newest', async () => {
    const quarantine = await open();
    for (let n = 1; n <= 8; n++) quarantine.add(refused(n, 1));
    quarantine.add({ ...refused(9, 1), device: 'other' });
    const held = await quarantine.list({ device: 'cam', limit: 50 });
    expect(held.map((q) => q.reason)).toEqual([8, 7, 6, 5, 4].map((n) => `reason ${n}`));
    expect(await quarantine.list({ limit: 50 })).toHaveLength(6);
  });

  test('holds a bounded number of bytes, and cuts what is long', async () => {
    const quarantine = await open();
    expect(quarantine.add(refused(1, 5000))).toEqual({ added: true, evicted: 0 });
    expect(quarantine.add(refused(2, 40)).evicted).toBe(0);
    expect(quarantine.add(refused(3, 40)).evicted).toBe(1);
    const held = await quarantine.list({ limit: 50 });
    expect(held.map((q) => q.bytes)).toEqual([40, 40]);
  });

  test('holds the same thing once', async () => {
    const quarantine = await open();
    expect(quarantine.add(refused(1, 1)).added).toBe(true);
    expect(quarantine.add(refused(1, 1)).added).toBe(false);
    expect(await quarantine.list({ limit: 50 })).toHaveLength(1);
  });
});

describe('opening', () => {
  test('makes files that only their owner reads', async () => {
    const folder = tempFolder();
    const store = await openStore(folder, 0);
    onTestFinished(() => store.close());
    for (const file of ['hub.db', 'hub.db-wal']) {
      expect(statSync(path.join(folder, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  test('twice in one folder is refused while the first is open', async () => {
    const folder = tempFolder();
    const first = await openStore(folder, 0);
    await expect(openStore(folder, 0)).rejects.toThrow(/another hub is using the data folder/);
    first.close();
    (await openStore(folder, 0)).close();
  });

  test('a file that is no database is named, with what to do', async () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'hub.db'), 'x'.repeat(10_000));
    await expect(openStore(folder, 0)).rejects.toThrow(/hub\.db is damaged .* Restore it from a backup/);
  });

  test('a database of a newer version is refused, and left as it is', async () => {
    const folder = tempFolder();
    (await openStore(folder, 0)).close();
    const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    file.exec('INSERT INTO schema_version (version, applied_at) VALUES (99, 0)');
    file.close();
    await expect(openStore(folder, 0)).rejects.toThrow(/schema version 99.*written by a newer version/);
  });
});

test('a database of the version before gets what is new and keeps what it has', async () => {
  const folder = tempFolder();
  const first = await openStore(folder, 0);
  await first.devices.add('cam', 'hash', 7);
  first.close();
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  const later = ['readings', 'model_aliases', 'models', 'stream_sets', 'desired', 'rollout_devices', 'rollout_history'];
  for (const table of [...later, 'rollouts', 'audit']) file.exec(`DROP TABLE ${table}`);
  file.exec('ALTER TABLE devices DROP COLUMN labels; DELETE FROM schema_version WHERE version > 1');
  for (const table of ['events', 'summaries', 'troubles', 'records'])
    file.exec(`ALTER TABLE ${table} DROP COLUMN backfill`);
  file.close();
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  expect(store.devices.get('cam')?.id).toBe('cam');
  const record = recordBody.parse(readingRecord(1));
  const body = JSON.stringify(record);
  store.records.add({ device: 'cam', epoch: 'e', seq: 1, receivedAt: 9, backfill: false, record, body });
  expect(await store.readings.list({ limit: 5 })).toHaveLength(1);
});

test('a transaction that fails leaves nothing', async () => {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  expect(() =>
    store.transact(() => {
      store.quarantine.add(refused(1, 1));
      throw new Error('stop');
    }),
  ).toThrow('stop');
  expect(await store.quarantine.list({ limit: 5 })).toEqual([]);
});
