/** Backups of data folders: what is in them, what is refused, and that nothing is left of what fails. */
import fs, {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { restoreBackup } from '../../../cloud-hub/backup/restore.ts';
import { aboutBackup } from '../../../cloud-hub/backup/unpack.ts';
import { writeBackup } from '../../../cloud-hub/backup/write.ts';
import { SCHEMA_VERSION } from '../../../cloud-hub/store/migrations.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';

const PACKAGE = `models/sha256/${'ab'.repeat(32)}.tar.gz`;
const FILES: Readonly<Record<string, string>> = {
  'admin.token': 'secret',
  'alerts.key': 'key',
  'pki/root.key': 'root',
  'pki/issuers/1.pem': 'issuer',
  'trust/metadata/root.json': '{}',
  [PACKAGE]: 'weights',
};
/** Made again by a hub, or of no use elsewhere. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'hub.url': 'http://127.0.0.1:1/',
  'models/incoming/x': 'half',
  'inference/work/x': 'x',
  'admin.token.new': 'draft',
};

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text, { mode: 0o600 });
  }
}

/** A data folder with a device and a rollout that runs, and its backup. */
async function backedUp() {
  const root = mkdtempSync(path.join(tmpdir(), 'vedette-'));
  const dataDir = path.join(root, 'hub');
  mkdirSync(dataDir);
  const store = await openStore(dataDir, 0);
  await store.devices.add('cam', 'x', 0);
  await store.transact(async (tx) => tx.rollouts.add('r1', 'streams', {} as never, 'begins', { at: 1, actor: 'ann' }));
  put(dataDir, { ...FILES, ...LEFT_OUT });
  const file = path.join(root, 'backup.tar');
  // The hub has the folder open.
  const backup = await writeBackup({ dataDir, file, version: '1.2.3', now: 1_000 });
  await store.close();
  return { root, dataDir, file, backup };
}

let made: Awaited<ReturnType<typeof backedUp>>;
beforeAll(async () => {
  made = await backedUp();
});
afterAll(() => rmSync(made.root, { recursive: true, force: true }));

test('a backup is for its owner alone and leaves nothing beside it; a restored folder has every file that matters', async () => {
  const { root, file, backup } = made;
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(root).toSorted()).toEqual(['backup.tar', 'hub']);
  expect(backup).toMatchObject({ files: Object.keys(FILES).length + 1, bytes: statSync(file).size });
  expect(aboutBackup(file)).toEqual({
    ...{ kind: 'vedette-hub-backup', format: 1, version: '1.2.3', schema: SCHEMA_VERSION },
    takenAt: '1970-01-01T00:00:01.000Z',
  });
  const dataDir = path.join(tempFolder(), 'new', 'hub');
  const done = await restoreBackup({ file, dataDir, now: 5_000 });
  expect(done).toMatchObject({ devices: 1, paused: ['r1'], isSigning: true });
  for (const [name, text] of Object.entries(FILES)) expect(readFileSync(path.join(dataDir, name), 'utf8')).toBe(text);
  for (const name of Object.keys(LEFT_OUT)) expect(existsSync(path.join(dataDir, name)), name).toBe(false);
  for (const name of ['pki/root.key', 'hub.db']) expect(statSync(path.join(dataDir, name)).mode & 0o777).toBe(0o600);
  expect(existsSync(path.join(dataDir, 'restoring'))).toBe(false);
  const store = await openStore(dataDir, 9_000);
  expect(store.restores.restored).toMatchObject({
    takenAt: '1970-01-01T00:00:01.000Z',
    restoredAt: '1970-01-01T00:00:05.000Z',
  });
  expect(await store.rollouts.get('r1')).toMatchObject({
    status: 'paused',
    reason: expect.stringContaining('restored'),
  });
  const [entry] = await store.audit.list({ limit: 1 });
  expect(entry).toMatchObject({
    action: 'hub.restore',
    detail: { takenAt: '1970-01-01T00:00:01.000Z', version: '1.2.3' },
  });
  await store.close();
});

test('a package that is registered while the database is copied is in the backup: the copy may name it', async () => {
  const { dataDir } = made;
  const late = `models/sha256/${'cd'.repeat(32)}.tar.gz`;
  onTestFinished(() => rmSync(path.join(dataDir, late)));
  const file = path.join(tempFolder(), 'backup.tar');
  const writing = writeBackup({ dataDir, file, version: '1.2.3', now: 1_000 });
  put(dataDir, { [late]: 'late weights' });
  await writing;
  const restored = path.join(tempFolder(), 'hub');
  await restoreBackup({ file, dataDir: restored, now: 5_000 });
  expect(readFileSync(path.join(restored, late), 'utf8')).toBe('late weights');
});

test('a restore that is killed leaves no hub without its keys: the database comes to its place last', async () => {
  const dataDir = path.join(tempFolder(), 'hub');
  const moved: string[] = [];
  const rename = fs.renameSync;
  onTestFinished(() => {
    fs.renameSync = rename;
    syncBuiltinESMExports();
  });
  fs.renameSync = (from, to) => {
    const place = path.relative(dataDir, String(to));
    moved.push(place);
    if (place === 'hub.db')
      for (const name of Object.keys(FILES)) expect(existsSync(path.join(dataDir, name)), name).toBe(true);
    rename(from, to);
  };
  syncBuiltinESMExports();
  await restoreBackup({ file: made.file, dataDir, now: 0 });
  expect(moved).toContain('admin.token');
  expect(moved.at(-1)).toBe('hub.db');
});

describe('a backup is refused', () => {
  const of = (more: Partial<Parameters<typeof writeBackup>[0]>) =>
    writeBackup({ dataDir: made.dataDir, file: path.join(tempFolder(), 'b.tar'), version: '1', now: 0, ...more });

  test('over a file that is there, inside the data folder, and of a folder without a hub', async () => {
    await expect(of({ file: made.file })).rejects.toThrow(/is there already: choose another name with --to/);
    await expect(of({ file: path.join(made.dataDir, 'b.tar') })).rejects.toThrow(/in the data folder.*--to/);
    const empty = tempFolder();
    await expect(of({ dataDir: empty })).rejects.toThrow(/there is no .*hub\.db: name the data folder.*--data-dir/);
  });

  test('of a folder with a link in it, whose target would be missing', async () => {
    const dataDir = tempFolder();
    await (await openStore(dataDir, 0)).close();
    symlinkSync(tempFolder(), path.join(dataDir, 'models'));
    await expect(of({ dataDir })).rejects.toThrow(/models is a symbolic link/);
  });

  test('of a folder with a file that is not of the hub, whose name no backup can hold', async () => {
    const dataDir = tempFolder();
    await (await openStore(dataDir, 0)).close();
    writeFileSync(path.join(dataDir, 'notes of ann (old).txt'), 'x');
    await expect(of({ dataDir })).rejects.toThrow(/notes of ann \(old\)\.txt" is no file of the hub.*move it away/);
  });

  test('of a damaged database; nothing is left', async () => {
    const dataDir = tempFolder();
    const database = openSqlite(path.join(dataDir, 'hub.db'), { synchronous: 'FULL' });
    database.exec('CREATE TABLE schema_version (version integer); CREATE TABLE t (a); CREATE INDEX i ON t (a)');
    database.exec(
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n',
    );
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    const bytes = readFileSync(path.join(dataDir, 'hub.db'));
    writeFileSync(path.join(dataDir, 'hub.db'), bytes.fill(0x55, 5 * 4096, 6 * 4096));
    const target = tempFolder();
    await expect(of({ dataDir, file: path.join(target, 'b.tar') })).rejects.toThrow(/damaged.*no backup was made/);
    expect(readdirSync(target)).toEqual([]);
  });
});

describe('a restore is refused, and leaves nothing', () => {
  /** Into a folder that is not there. */
  async function refused(file: string, why: RegExp): Promise<void> {
    const dataDir = path.join(tempFolder(), 'hub');
    await expect(restoreBackup({ file, dataDir, now: 0 })).rejects.toThrow(why);
    expect(existsSync(dataDir)).toBe(false);
  }
  const copy = () => {
    const file = path.join(tempFolder(), 'copy.tar');
    copyFileSync(made.file, file);
    return file;
  };

  test('into a folder with anything in it, which stays', async () => {
    const dataDir = tempFolder();
    writeFileSync(path.join(dataDir, 'x'), '');
    await expect(restoreBackup({ file: made.file, dataDir, now: 0 })).rejects.toThrow(/is not empty.*--data-dir/);
    expect(readdirSync(dataDir)).toEqual(['x']);
  });

  test.each(['root', 'weights'])('when one byte of %j is another', async (text) => {
    const file = copy();
    const bytes = readFileSync(file);
    bytes[bytes.indexOf(`${text}\0`)] = 0x21;
    writeFileSync(file, bytes);
    await refused(file, /is damaged \(.* is not as it was written\): nothing was restored/);
  });

  test('when its end is missing', async () => {
    const file = copy();
    truncateSync(file, statSync(file).size - 12 * 1024);
    await refused(file, /is damaged \(.*\): nothing was restored/);
  });

  test('when it is no backup, or of a newer program', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'x.tar');
    writeFileSync(file, 'nothing of ours');
    await refused(file, /is no backup of a hub/);
    const about = {
      kind: 'vedette-hub-backup',
      format: 1,
      version: '9.9.9',
      schema: 999,
      takenAt: '2026-01-01T00:00:00Z',
    };
    for (const [more, why] of [
      [{}, /written by Vedette 9\.9\.9 \(schema 999/],
      [{ format: 2 }, /in a later format/],
    ] as const) {
      writeFileSync(path.join(folder, 'about.json'), JSON.stringify({ ...about, ...more }));
      await create({ file, cwd: folder }, ['about.json']);
      await refused(file, why);
    }
  });

  test('when it is compressed: a small file could become as large as it likes', async () => {
    const file = path.join(tempFolder(), 'bomb.tar.gz');
    const header = readFileSync(made.file).subarray(0, 512);
    writeFileSync(file, gzipSync(Buffer.concat([header, Buffer.alloc(64 * 1024 * 1024)])));
    expect(statSync(file).size).toBeLessThan(100_000);
    await refused(file, /was compressed: name a file .* unpacked \(gunzip\)/);
  });

  test('when it holds what no backup holds', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'x.tar');
    put(folder, {
      'about.json': JSON.stringify({ ...aboutBackup(made.file) }),
      'data/a': 'a',
      'other/b': 'b',
      'digests.json': JSON.stringify({ a: digestOf('a') }),
    });
    await create({ file, cwd: folder }, ['about.json', 'data/a', 'other/b', 'digests.json']);
    await refused(file, /it holds "other\/b", which no backup holds/);
  });

  test('when its database is none, though it is as the backup says', async () => {
    const folder = tempFolder();
    const file = path.join(folder, 'x.tar');
    put(folder, {
      'about.json': JSON.stringify({ ...aboutBackup(made.file) }),
      'data/hub.db': 'no database',
      'digests.json': JSON.stringify({ 'hub.db': digestOf('no database') }),
    });
    await create({ file, cwd: folder }, ['about.json', 'data/hub.db', 'digests.json']);
    await refused(file, /hub\.db/);
  });
});
