import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';

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
    for (let n = 1; n <= 8; n++) await quarantine.add(refused(n, 1));
    await quarantine.add({ ...refused(9, 1), device: 'other' });
    const held = await quarantine.list({ device: 'cam', limit: 50 });
    expect(held.map((q) => q.reason)).toEqual([8, 7, 6, 5, 4].map((n) => `reason ${n}`));
    expect(await quarantine.list({ limit: 50 })).toHaveLength(6);
  });

  test('holds a bounded number of bytes, and cuts what is long', async () => {
    const quarantine = await open();
    expect(await quarantine.add(refused(1, 5000))).toEqual({ added: true, evicted: 0 });
    expect((await quarantine.add(refused(2, 40))).evicted).toBe(0);
    expect((await quarantine.add(refused(3, 40))).evicted).toBe(1);
    const held = await quarantine.list({ limit: 50 });
    expect(held.map((q) => q.bytes)).toEqual([40, 40]);
  });

  test('exactly the bounds fit; one that is larger than all the room is cut, and what went is counted', async () => {
    const quarantine = await open({ maxEntries: 3, maxBytes: 100, maxEntryBytes: 60 });
    const added: number[] = [];
    for (const [n, bytes] of [50, 50, 1, 1, 60, 61].entries())
      added.push((await quarantine.add(refused(n + 1, bytes))).evicted);
    // 100 fit, 101 do not; a fourth entry does not; of what is longer than 60 only these are kept and counted.
    expect(added).toEqual([0, 0, 1, 0, 1, 3]);
    const held = await quarantine.list({ limit: 50 });
    expect(held.map((q) => [q.reason, q.bytes])).toEqual([['reason 6', 61]]);
    expect((await quarantine.add(refused(7, 40))).evicted).toBe(0);
    const [newest] = await quarantine.list({ limit: 1 });
    expect(newest?.reason).toBe('reason 7');
    expect(await quarantine.list({ limit: 50, before: Number(newest?.id) })).toEqual(held);
    expect(await quarantine.list({ limit: 1 })).toHaveLength(1);
    expect(await quarantine.list({ limit: 5, device: 'nobody' })).toEqual([]);
  });

  test('what it says of an entry is what was refused, and nothing that was not known', async () => {
    const quarantine = await open();
    await quarantine.add({ ...refused(1, 1), reason: 'a\0b', epoch: 'e1', from: 2, to: 3 });
    await quarantine.add(refused(2, 1));
    expect((await quarantine.list({ limit: 5 })).map(({ id: _, ...output }) => output)).toEqual([
      { device: 'cam', receivedAt: '1970-01-01T00:00:00.002Z', reason: 'reason 2', bytes: 1 },
      {
        device: 'cam',
        receivedAt: '1970-01-01T00:00:00.001Z',
        reason: 'a\uFFFDb',
        bytes: 1,
        epoch: 'e1',
        from: 2,
        to: 3,
      },
    ]);
  });

  test('holds the same thing once', async () => {
    const quarantine = await open();
    expect((await quarantine.add(refused(1, 1))).added).toBe(true);
    expect((await quarantine.add(refused(1, 1))).added).toBe(false);
    expect(await quarantine.list({ limit: 50 })).toHaveLength(1);
  });
});

describe('opening', () => {
  test('makes files that only their owner reads, also of a lock that was made for everybody', async () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'hub.lock.db'), '', { mode: 0o644 });
    const store = await openStore(folder, 0);
    onTestFinished(() => store.close());
    for (const file of ['hub.db', 'hub.db-wal', 'hub.lock.db', 'hub.lock.db-wal']) {
      expect(statSync(path.join(folder, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  test('twice in one folder is refused while the first is open', async () => {
    const folder = tempFolder();
    const first = await openStore(folder, 0);
    await expect(openStore(folder, 0)).rejects.toThrow(/another hub is using the data folder/);
    await first.close();
    await (await openStore(folder, 0)).close();
  });

  test('a file that is no database is named, with what to do', async () => {
    const folder = tempFolder();
    writeFileSync(path.join(folder, 'hub.db'), 'x'.repeat(10_000));
    await expect(openStore(folder, 0)).rejects.toThrow(/hub\.db is damaged .* Restore it from a backup/);
  });

  test('a database of a newer version is refused, and left as it is', async () => {
    const folder = tempFolder();
    await (await openStore(folder, 0)).close();
    const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    file.exec('INSERT INTO schema_version (version, applied_at) VALUES (99, 0)');
    file.close();
    await expect(openStore(folder, 0)).rejects.toThrow(/schema version 99.*written by a newer version/);
    const after = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
    expect(after.prepare('SELECT max(version) FROM schema_version').pluck().get()).toBe(99);
    after.close();
  });
});

test('a transaction that fails leaves nothing', async () => {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  await expect(
    store.transact(async (tx) => {
      await tx.quarantine.add(refused(1, 1));
      throw new Error('stop');
    }),
  ).rejects.toThrow('stop');
  expect(await store.quarantine.list({ limit: 5 })).toEqual([]);
});
