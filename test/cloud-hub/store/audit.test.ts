import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkAuditFile } from '../../../cloud-hub/store/audit-file.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';

async function setUp() {
  const folder = tempFolder();
  const file = path.join(folder, 'hub.db');
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  const inFile = (sql: string) => {
    const database = openSqlite(file, { synchronous: 'FULL' });
    try {
      database.exec(sql);
    } finally {
      database.close();
    }
  };
  return { store, file, inFile };
}

const turn = async () => undefined;

test('entries follow from each other; what was rolled back leaves no gap', async () => {
  const { store } = await setUp();
  expect(await store.audit.head()).toBeUndefined();
  await store.audit.add({ at: 1.4, actor: 'ann' }, 'device.add', 'cam', { n: 0.5 });
  await expect(
    store.transact(async (tx) => {
      await tx.audit.add({ at: 2, actor: 'ann' }, 'device.add', 'never');
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await store.transact(async (tx) => {
    await tx.audit.add({ at: 3, actor: 'bob', address: '192.0.2.1' }, 'device.labels', 'cam');
    await tx.audit.add({ at: 4, actor: 'hub' }, 'devices', 'x');
  });
  const items = await store.audit.list({ limit: 9 });
  expect(items.map(({ id, subject }) => [id, subject])).toEqual([
    ['3', 'x'],
    ['2', 'cam'],
    ['1', 'cam'],
  ]);
  expect(await store.audit.head()).toEqual({ id: '3', digest: items[0]?.digest });
  expect(await store.audit.check(turn)).toMatchObject({ entries: 3, faulty: 0, head: await store.audit.head() });
});

test('a list is narrowed by who, what, to what and when; an action stands for those below it, and no others', async () => {
  const { store } = await setUp();
  for (const [n, action] of ['device', 'device.add', 'device.add.x', 'device-x', 'devices', 'device/y'].entries())
    await store.audit.add({ at: n * 1000, actor: n % 2 ? 'ann' : 'bob' }, action, `s${n}`);
  const ids = async (filter: object) => (await store.audit.list({ limit: 9, ...filter })).map(({ id }) => id);
  expect(await ids({ action: 'device' })).toEqual(['3', '2', '1']);
  expect(await ids({ action: 'device.add' })).toEqual(['3', '2']);
  expect(await ids({ actor: 'ann' })).toEqual(['6', '4', '2']);
  expect(await ids({ subject: 's4', actor: 'bob' })).toEqual(['5']);
  expect(await ids({ since: '1970-01-01T00:00:01Z', until: '1970-01-01T00:00:03Z' })).toEqual(['3', '2']);
  expect(await ids({ action: 'device', before: 3, limit: 1 })).toEqual(['2']);
});

test('the database refuses to change or delete an entry; who gets round that is found, and the list still answers', async () => {
  const { store, file, inFile } = await setUp();
  for (const subject of ['a', 'b', 'c', 'd', 'e'])
    await store.audit.add({ at: 1, actor: 'ann' }, 'device.add', subject);
  expect(() => inFile("UPDATE audit SET actor = 'bob' WHERE id = 2")).toThrow(/never changed/);
  expect(() => inFile('DELETE FROM audit WHERE id = 5')).toThrow(/never changed/);
  const head = await store.audit.head();
  expect(checkAuditFile(file, head)).toMatchObject({ entries: 5, faulty: 0, head });
  inFile('DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete');
  inFile("UPDATE audit SET detail = 'no JSON' WHERE id = 2; DELETE FROM audit WHERE id IN (4, 5)");
  const faults = [{ id: 2, text: expect.any(String) }];
  expect(await store.audit.check(turn)).toMatchObject({ entries: 3, faulty: 1, faults });
  const withHead = { entries: 3, faulty: 2, faults: [...faults, { id: 5, text: expect.stringMatching(/missing/) }] };
  expect(await store.audit.check(turn, head)).toMatchObject(withHead);
  expect(checkAuditFile(file, head)).toMatchObject(withHead);
  expect((await store.audit.list({ limit: 9 }))[1]?.detail).toEqual({ unreadable: 'no JSON' });
});

test('a chain of many parts is checked, and others are served in between', async () => {
  const { store } = await setUp();
  await store.transact(async (tx) => {
    for (let n = 0; n < 2500; n++) await tx.audit.add({ at: n, actor: 'ann' }, 'device.add', `d${n}`);
  });
  let turns = 0;
  const report = await store.audit.check(async () => void turns++);
  expect(report).toMatchObject({ entries: 2500, faulty: 0 });
  expect(turns).toBe(3);
});

test('an entry that somebody wrote in front of the first, or with an id that no number has, is found', async () => {
  const { store, file, inFile } = await setUp();
  await store.audit.add({ at: 1, actor: 'ann' }, 'device.add', 'cam');
  const insert = (id: string) =>
    `INSERT INTO audit (id, at, actor, action, subject, detail, digest) VALUES (${id}, 1, 'bob', 'x', 'y', '{}', 'z');`;
  inFile(insert('0') + insert('-7'));
  for (const report of [await store.audit.check(turn), checkAuditFile(file)])
    expect(report).toMatchObject({ entries: 3, faulty: 2, faults: [{ id: -7 }, { id: 0 }] });
  inFile(insert('9007199254740993') + insert('-9007199254740993'));
  for (const report of [await store.audit.check(turn), checkAuditFile(file)]) expect(report?.faulty).toBeGreaterThan(2);
});
