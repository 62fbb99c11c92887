import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isBusy, isCorruption, isFull, isUnwritable, openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';

const thrownBy = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};
const coded = (code: unknown) => Object.assign(new Error('x'), { code });

test('a file is opened with the pragmas of a durable one', () => {
  const file = path.join(tempFolder(), 'a.db');
  const database = openSqlite(file, { synchronous: 'FULL' });
  const pragma = (name: string) => database.pragma(name, { simple: true });
  expect({
    journal: pragma('journal_mode'),
    synchronous: pragma('synchronous'),
    limit: pragma('journal_size_limit'),
    checkpoint: pragma('wal_autocheckpoint'),
    foreign: pragma('foreign_keys'),
    cache: pragma('cache_size'),
    busy: pragma('busy_timeout'),
  }).toEqual({
    journal: 'wal',
    synchronous: 2,
    limit: 8 * 1024 * 1024,
    checkpoint: 1000,
    foreign: 1,
    cache: -16_000,
    busy: 5000,
  });
  database.close();
  const sized = openSqlite(file, { synchronous: 'NORMAL', walBytes: 6 * 1024 * 1024 + 1, cacheBytes: 1_000_001 });
  const of = (name: string) => sized.pragma(name, { simple: true });
  expect([of('synchronous'), of('journal_size_limit'), of('wal_autocheckpoint'), of('cache_size')]).toEqual([
    1,
    2 * (6 * 1024 * 1024 + 1),
    1537,
    -977,
  ]);
  sized.close();
});

test('read only: nothing is made, and nothing can be written', () => {
  const folder = tempFolder();
  const file = path.join(folder, 'a.db');
  expect(() => openSqlite(file, { synchronous: 'FULL', readonly: true })).toThrow();
  expect(existsSync(file)).toBe(false);
  const writer = openSqlite(file, { synchronous: 'FULL' });
  writer.exec('CREATE TABLE t (x)');
  writer.close();
  const reader = openSqlite(file, { synchronous: 'FULL', readonly: true });
  expect(reader.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
  expect(() => reader.exec('INSERT INTO t VALUES (1)')).toThrow(/readonly/);
  reader.close();
});

test('a damaged file is told at once, as damage and as nothing else, and no handle stays open', () => {
  const folder = tempFolder();
  const file = path.join(folder, 'a.db');
  writeFileSync(file, 'this was never a database. '.repeat(100));
  const foreign = thrownBy(() => openSqlite(file, { synchronous: 'FULL' }));
  expect([isCorruption(foreign), isFull(foreign), isBusy(foreign)]).toEqual([true, false, false]);

  const whole = path.join(folder, 'b.db');
  const database = openSqlite(whole, { synchronous: 'FULL' });
  database.exec('CREATE TABLE t (x)');
  database.close();
  const bytes = readFileSync(whole);
  bytes.fill(0xff, 100, statSync(whole).size);
  writeFileSync(whole, bytes);
  expect(isCorruption(thrownBy(() => openSqlite(whole, { synchronous: 'FULL' })))).toBe(true);
  const open = readFileSync('/proc/self/maps', 'utf8');
  expect(open).not.toContain(folder);

  mkdirSync(path.join(folder, 'c.db'));
  expect(isCorruption(thrownBy(() => openSqlite(path.join(folder, 'c.db'), { synchronous: 'FULL' })))).toBe(false);
});

test('a file that reached its size limit is full; a lock that another holds is busy', () => {
  const file = path.join(tempFolder(), 'a.db');
  const database = openSqlite(file, { synchronous: 'FULL' });
  database.exec('CREATE TABLE t (x)');
  database.pragma('max_page_count = 4');
  const full = thrownBy(() => {
    for (let i = 0; i < 100; i++) database.exec('INSERT INTO t VALUES (hex(randomblob(1000)))');
  });
  expect([isFull(full), isBusy(full), isCorruption(full)]).toEqual([true, false, false]);
  database.exec('BEGIN IMMEDIATE');
  const other = openSqlite(file, { synchronous: 'FULL' });
  other.pragma('busy_timeout = 0');
  const busy = thrownBy(() => other.exec('BEGIN IMMEDIATE'));
  expect([isBusy(busy), isFull(busy), isCorruption(busy)]).toEqual([true, false, false]);
  other.close();
  database.close();
});

test.each([
  ['SQLITE_NOTADB', { corrupt: true }],
  ['SQLITE_CORRUPT', { corrupt: true }],
  ['SQLITE_CORRUPT_VTAB', { corrupt: true }],
  ['SQLITE_CORRUPT_INDEX', { corrupt: true }],
  ['SQLITE_FULL', { full: true }],
  ['SQLITE_IOERR_WRITE', { full: true }],
  ['SQLITE_IOERR_SHMSIZE', { full: true }],
  ['ENOSPC', { full: true }],
  ['SQLITE_BUSY', { busy: true }],
  ['SQLITE_BUSY_SNAPSHOT', { busy: true }],
  ['SQLITE_IOERR_READ', {}],
  ['SQLITE_LOCKED', {}],
  ['NOT_SQLITE_BUSY', {}],
  ['NOT_SQLITE_CORRUPT', {}],
  ['ENOENT', {}],
  [13, {}],
  [undefined, {}],
])('%s is what it is', (code, wanted) => {
  const reported = { corrupt: isCorruption(coded(code)), full: isFull(coded(code)), busy: isBusy(coded(code)) };
  expect(reported).toEqual({ corrupt: false, full: false, busy: false, ...wanted });
  expect([isFull({ code }), isFull('SQLITE_FULL'), isFull(undefined), isFull(new Error('SQLITE_FULL'))]).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test.each([
  ...['EROFS', 'EIO', 'SQLITE_READONLY', 'SQLITE_READONLY_DBMOVED', 'SQLITE_IOERR', 'SQLITE_IOERR_FSYNC'].map(
    (code) => [code, true] as const,
  ),
  ...['ENOSPC', 'SQLITE_FULL', 'SQLITE_BUSY', 'X_SQLITE_IOERR', 5].map((code) => [code, false] as const),
])('a disk that takes no writes: %s is %s', (code, is) => {
  expect(isUnwritable(coded(code))).toBe(is);
  expect(isUnwritable({ code })).toBe(false);
});
