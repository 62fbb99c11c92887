import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { lockFolder } from '../../../../agent/buffer/file/lock.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';
import { openSqlite } from '../../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../../support/temp.ts';

test('one holder at a time, named to the second; released it can be had again', () => {
  const folder = tempFolder();
  const release = lockFolder(folder);
  const refused = () => {
    try {
      lockFolder(folder)();
    } catch (error) {
      expect(error).toBeInstanceOf(CodedError);
      return error instanceof CodedError ? error.code : undefined;
    }
    return 'none';
  };
  expect(refused()).toBe('config-invalid');
  expect(() => lockFolder(folder)).toThrow(
    `the data folder ${folder} is in use by another agent (process ${process.pid}); stop it, or give this one another data folder`,
  );
  release();
  lockFolder(folder)();
  const database = openSqlite(path.join(folder, 'lock.db'), { synchronous: 'NORMAL' });
  expect(database.prepare('SELECT pid FROM holder').pluck().all()).toEqual([process.pid]);
  database.close();
});

test('a lock of which nobody said who holds it', () => {
  const folder = tempFolder();
  const other = openSqlite(path.join(folder, 'lock.db'), { synchronous: 'NORMAL' });
  other.exec('CREATE TABLE holder (pid INTEGER NOT NULL); BEGIN IMMEDIATE');
  expect(() => lockFolder(folder)).toThrow(`the data folder ${folder} is in use by another agent; stop it`);
  other.exec('ROLLBACK');
  other.close();
  lockFolder(folder)();
});

test('a lock file that cannot be used is told of, and let go', () => {
  const folder = tempFolder();
  const file = path.join(folder, 'lock.db');
  const other = openSqlite(file, { synchronous: 'NORMAL' });
  other.exec('CREATE TABLE holder (name TEXT)');
  expect(() => lockFolder(folder)).toThrow(/no column named pid/);
  other.exec('DROP TABLE holder');
  other.close();
  lockFolder(folder)();
});

test('what is not a lock file is moved aside when it is damage, and told of when it is anything else', () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'lock.db'), 'not a database at all '.repeat(50));
  lockFolder(folder)();
  expect(existsSync(path.join(folder, 'lock.db.corrupt-1'))).toBe(true);
  const other = tempFolder();
  mkdirSync(path.join(other, 'lock.db'));
  expect(() => lockFolder(other)).toThrow(/unable to open/);
  expect(existsSync(path.join(other, 'lock.db.corrupt-1'))).toBe(false);
});
