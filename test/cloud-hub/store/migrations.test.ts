/**
 * Databases of every version that there was, as its hub wrote them (`databases/version-N.sql`): each is opened by the hub of
 * today, keeps what it has, and then looks like a new one. A change of the schema gets a file here when it is released.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type HubStore, openStore } from '../../../cloud-hub/store/store.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, jpeg, readingRecord } from '../support.ts';

const databases = path.join(import.meta.dirname, 'databases');
const versions = readdirSync(databases)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => Number(/^version-(\d+)\.sql$/.exec(name)?.[1]))
  .toSorted((a, b) => a - b);

function inFile<T>(folder: string, work: (file: ReturnType<typeof openSqlite>) => T): T {
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  try {
    return work(file);
  } finally {
    file.close();
  }
}

/** A data folder with the database of a version. */
function folderOf(version: number, more = ''): string {
  const folder = tempFolder();
  inFile(folder, (file) => file.exec(readFileSync(path.join(databases, `version-${version}.sql`), 'utf8') + more));
  return folder;
}

async function open(folder: string): Promise<HubStore> {
  const store = await openStore(folder, 4242);
  onTestFinished(() => store.close());
  return store;
}

/** Tables with their columns, and indexes, by name. */
function schemaOf(folder: string): unknown {
  return inFile(folder, (file) => {
    const names = file
      .prepare("SELECT name, type FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
      .all() as { name: string; type: string }[];
    return names.map(({ name, type }) => {
      const pragma = type === 'table' ? 'table_info' : 'index_info';
      const columns = file.prepare(`SELECT * FROM pragma_${pragma}(?)`).all(name) as Record<string, unknown>[];
      return [
        name,
        columns.map(({ cid: _, ...column }) => column).toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1)),
      ];
    });
  });
}

const appliedAt = (folder: string) =>
  inFile(folder, (file) => file.prepare('SELECT version, applied_at FROM schema_version ORDER BY version').raw().all());

test('there is a database of each version, and the newest is the one that a new hub makes', async () => {
  expect(versions).toEqual(versions.map((_, i) => i + 1));
  const folder = tempFolder();
  await (await openStore(folder, 4242)).close();
  expect(appliedAt(folder)).toEqual(versions.map((version) => [version, 4242]));
});

describe.each(versions)('version %i', (version) => {
  test('gets what is new, and then looks like a new one', async () => {
    const folder = folderOf(version);
    const before = appliedAt(folder);
    await (await openStore(folder, 4242)).close();
    const fresh = tempFolder();
    await (await openStore(fresh, 4242)).close();
    expect(schemaOf(folder)).toEqual(schemaOf(fresh));
    expect(appliedAt(folder)).toEqual([...before, ...versions.slice(version).map((later) => [later, 4242])]);
    // Opened again nothing is left to do.
    await (await openStore(folder, 9999)).close();
    expect(appliedAt(folder)).toHaveLength(versions.length);
  });

  test('keeps devices, records, ledger and tokens, and takes in more', async () => {
    const store = await open(folderOf(version));
    expect(await store.devices.get('cam')).toMatchObject({ id: 'cam' });
    expect(await store.tokens.byName('grafana')).toMatchObject({ role: 'viewer', createdAt: 3 });
    const events = (await store.events.list({ limit: 9 })).items;
    expect(events.length).toBeGreaterThan(0);
    expect(events.every((event) => event.rule === 'enter' && event.label === 'person')).toBe(true);
    const [sequence] = await store.sequences.list('cam');
    expect(sequence?.gaps.at(-1)?.reason).toBe('quota');
    const record = recordBody.parse(readingRecord(77));
    const item = { device: 'cam', epoch: 'e1', receivedAt: 9, backfill: false, body: JSON.stringify(record), record };
    expect(await store.transact(async (tx) => tx.records.add([{ ...item, seq: 77 }]))).toHaveLength(1);
    expect(await store.transact(async (tx) => tx.records.add([{ ...item, seq: 77 }]))).toEqual([]);
    expect((await store.readings.list({ limit: 9 })).items[0]?.score).toBe(0.5);
  });
});

test('what came before a column was there has its default: no backfill, no labels', async () => {
  const store = await open(folderOf(1));
  const [event] = (await store.events.list({ limit: 9 })).items;
  expect(event).toMatchObject({ id: '7', receivedAt: '1970-01-01T00:00:00.006Z' });
  expect(event).not.toHaveProperty('backfill');
  expect(await store.devices.labels('cam')).toEqual({});
  expect(await store.sequences.highest('cam', 'e1', 9)).toEqual({ upTo: 2, above: [{ from: 4, to: 5 }] });
  const flagged = await open(folderOf(3));
  expect((await flagged.events.list({ limit: 9 })).items[0]?.backfill).toBe(true);
});

test('version 4 keeps all that a hub knew', async () => {
  const store = await open(folderOf(4));
  const page = { limit: 50 };
  expect(await store.devices.get('cam')).toMatchObject({
    labels: { site: 'berlin' },
    version: '1.0.0',
    outbox: { lastSeq: 9 },
  });
  const events = (await store.events.list(page)).items;
  expect(events.map((event) => event.ptsMs)).toEqual([eventRecord(20).ptsMs, eventRecord(5).ptsMs]);
  expect(Buffer.from((await store.snapshots.get(Number(events[1]?.snapshot)))?.picture ?? [])).toEqual(jpeg);
  expect((await store.summaries.list(page)).items).toHaveLength(1);
  expect((await store.readings.list(page)).items).toHaveLength(1);
  expect((await store.problems.list(page)).items.map((problem) => problem.kind)).toEqual(['loss', 'error']);
  expect(await store.quarantine.list(page)).toMatchObject([{ epoch: 'e1', from: 11, to: 11 }]);
  expect(await store.sequences.list('cam')).toMatchObject([
    {
      epoch: 'e1',
      upTo: 3,
      records: 7,
      gaps: [
        { from: 1, to: 1, reason: 'never received' },
        { from: 2, to: 3, reason: 'quota' },
      ],
    },
  ]);
  const grafana = { role: 'operator', name: 'grafana', token: 1 };
  expect(await store.sessions.byHash('h2')).toMatchObject({
    ...grafana,
    createdAt: 9e12 - 43_200_000,
    expiresAt: 9e12,
  });
  // Nobody knows who made it.
  expect(await store.sessions.takeCode('h3')).toBeUndefined();
  const digest = `sha256:${'ab'.repeat(32)}`;
  expect(await store.models.resolve('bright', 'stable')).toMatchObject({
    version: '1.0.0',
    digest,
    aliases: ['stable'],
  });
  expect(await store.streamSets.get(digest)).toMatchObject({ name: 'yard', streams: {} });
  expect(await store.desired.get('cam')).toEqual({ revision: digest, models: {} });
  const [rollout] = await store.rollouts.open();
  expect(rollout).toMatchObject({ id: 'r1', subject: 'model:people', status: 'running', wave: -1, createdBy: 'ann' });
  expect(await store.rollouts.devices(rollout?.row ?? 0)).toMatchObject([
    { device: 'cam', wave: 0, progress: { outcome: 'waiting', reason: '' } },
  ]);
  expect(await store.rollouts.history(rollout?.row ?? 0, page)).toMatchObject([{ action: 'asked', actor: 'ann' }]);
  expect(await store.audit.list(page)).toMatchObject([{ action: 'rollout.create', subject: 'r1' }]);
});

test('entries from before the chain are in it, and later ones follow them', async () => {
  const turn = async () => undefined;
  const older = await open(folderOf(14, "INSERT INTO audit VALUES (2, 5000.5, 'x', 'y', 'z', '{}', '192.0.2.1');"));
  expect(await older.audit.check(turn)).toMatchObject({ entries: 2, faulty: 0 });
  const store = await open(folderOf(15));
  await store.audit.add({ at: 1, actor: 'ann' }, 'device.add', 'cam');
  expect(await store.audit.check(turn)).toMatchObject({ entries: 3, faulty: 0, head: { id: '3' } });
});

test('version 16 keeps users with what they see, tokens with their end, and invitations', async () => {
  const store = await open(folderOf(16));
  expect(await store.tokens.list('user')).toMatchObject([{ name: 'eve', role: 'viewer', scope: { site: 'berlin' } }]);
  expect(await store.tokens.byName('ci')).toMatchObject({ kind: 'token', scope: undefined, expiresAt: 9e12 });
  expect(await store.users.password(2)).toMatch(/^scrypt/);
  expect(await store.users.invited('h9', 8e12)).toBe(2);
  expect(await store.users.invited('h9', 9e12)).toBeUndefined();
  expect(await store.tokens.remove(2)).toBeUndefined();
  expect(await store.tokens.remove(2, 'user')).toBe('eve');
  expect([await store.users.password(2), await store.users.invited('h9', 0)]).toEqual([undefined, undefined]);
});

test('version 18 keeps who acknowledged, steps, and subscribed browsers, which end with their owner', async () => {
  const store = await open(folderOf(18));
  expect(await store.alerts.get(2)).toMatchObject({ acknowledged: { at: 9500, by: 'ann' }, steps: 1 });
  expect(await store.alerts.get(1)).toMatchObject({ acknowledged: undefined, steps: 0 });
  expect((await store.alertRules.rule('line'))?.steps).toEqual([]);
  const eve = { id: 1, user: 'eve', scope: { site: 'berlin' }, browser: 'Chrome on Linux' };
  expect(await store.pushSubscriptions.of(undefined, 0)).toMatchObject([eve]);
  expect(await store.pushSubscriptions.of(['ann'], 0)).toEqual([]);
  await store.tokens.remove(2, 'user');
  expect(await store.pushSubscriptions.list()).toEqual([]);
});

test('version 5 keeps phase and stage of a device apart from its words', async () => {
  const store = await open(folderOf(5));
  const [rollout] = await store.rollouts.open();
  expect(await store.rollouts.devices(rollout?.row ?? 0)).toMatchObject([
    {
      device: 'cam',
      progress: { outcome: 'failed', stage: 'late', phase: 'waiting', reason: 'the disk has 3 MB free' },
    },
  ]);
});

test('version 6 keeps sessions and codes with their token', async () => {
  const store = await open(folderOf(6));
  expect(await store.sessions.byHash('h2')).toMatchObject({ id: 1, name: 'grafana', token: 1, expiresAt: 9e12 });
  expect(await store.tokens.remove(1)).toBe('grafana');
  expect(await store.sessions.byHash('h2')).toBeUndefined();
  expect(await store.sessions.takeCode('h3')).toBeUndefined();
});

test('a session that nobody knows the token of ends with the change', async () => {
  const more =
    "INSERT INTO sessions (hash, role, name, expires_at) VALUES ('h9', 'admin', 'sign-in code', 9000000000000);";
  const store = await open(folderOf(5, more));
  expect(await store.sessions.byHash('h9')).toBeUndefined();
  expect(await store.sessions.byHash('h2')).toBeDefined();
});

test('a change that breaks off leaves nothing of itself, and is made whole by the next start', async () => {
  // The last table that it makes is there already.
  const folder = folderOf(3, 'CREATE TABLE audit (id integer)');
  const before = schemaOf(folder);
  await expect(openStore(folder, 1)).rejects.toThrow(/audit/);
  expect(schemaOf(folder)).toEqual(before);
  expect(appliedAt(folder)).toHaveLength(3);
  inFile(folder, (file) => file.exec('DROP TABLE audit'));
  const store = await open(folder);
  expect(await store.devices.labels('cam')).toEqual({});
});

test('version 8 keeps its table of troubles, as problems', async () => {
  const store = await open(folderOf(8));
  const { items } = await store.problems.list({ limit: 9 });
  expect(items.map(({ kind, code }) => [kind, code])).toEqual([
    ['loss', 'loss'],
    ['error', 'camera-gone'],
  ]);
});

test('the index of samples holds only events with a sample, and still finds an event by its sample', async () => {
  const folder = tempFolder();
  const store = await open(folder);
  await store.devices.add('cam', 'x', 0);
  const add = (seq: number, more: Record<string, unknown>) =>
    store.transact(async (tx) => {
      const record = recordBody.parse(eventRecord(seq, more));
      const about = { device: 'cam', epoch: 'e', seq, receivedAt: 1, backfill: false, body: JSON.stringify(record) };
      return tx.records.add([{ ...about, record }]);
    });
  for (let seq = 1; seq <= 200; seq++) await add(seq, {});
  await add(201, { sample: 's1' });
  await store.close();
  inFile(folder, (file) => {
    const plan = file.prepare('EXPLAIN QUERY PLAN SELECT id FROM events WHERE device = ? AND sample = ? LIMIT 1');
    expect(JSON.stringify(plan.all('cam', 's1'))).toContain('events_sample (device=? AND sample=?)');
    expect(file.prepare('SELECT sample FROM events WHERE device = ? AND sample = ?').all('cam', 's1')).toHaveLength(1);
    const { sql } = file.prepare("SELECT sql FROM sqlite_schema WHERE name = 'events_sample'").get() as { sql: string };
    expect(sql).toMatch(/where "sample" is not null$/);
  });
});
