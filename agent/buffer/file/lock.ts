/**
 * One agent per data folder. The lock is an open write transaction on `lock.db`, so the operating system releases it when
 * the process ends, however it ends.
 */
import path from 'node:path';
import { CodedError } from '../../../shared/kit/errors.ts';
import { isBusy, isCorruption, openSqlite, type SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { moveAside } from './aside.ts';

/** In the data folder. */
export const LOCK_FILE = 'lock.db';

/**
 * @param folder an existing data folder
 * @returns a function that releases the lock
 * @throws CodedError `config-invalid` when another agent holds it, with its process id
 */
export function lockFolder(folder: string): () => void {
  const database = openLock(path.join(folder, LOCK_FILE));
  try {
    database.pragma('busy_timeout = 0');
    database.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL)');
    database.exec('BEGIN IMMEDIATE; DELETE FROM holder');
    database.prepare('INSERT INTO holder (pid) VALUES (?)').run(process.pid);
    database.exec('COMMIT; BEGIN IMMEDIATE');
  } catch (error) {
    const holder = isBusy(error) ? holderOf(database) : '';
    database.close();
    if (!isBusy(error)) throw error;
    throw new CodedError(
      'config-invalid',
      `the data folder ${folder} is in use by another agent${holder}; stop it, or give this one another data folder`,
      { cause: error },
    );
  }
  return () => database.close();
}

/** A damaged lock file holds nothing of value, and must not stop an unattended device from starting. */
function openLock(file: string): SqliteDatabase {
  try {
    return openSqlite(file, { synchronous: 'NORMAL' });
  } catch (error) {
    if (!isCorruption(error)) throw error;
    moveAside(file);
    return openSqlite(file, { synchronous: 'NORMAL' });
  }
}

function holderOf(database: SqliteDatabase): string {
  const row = database.prepare<[], { pid: number }>('SELECT pid FROM holder').get();
  return row ? ` (process ${row.pid})` : '';
}
