/** Only one process has a data folder open: `hub.lock.db` is held locked until the process ends. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../shared/kit/errors.ts';
import { isBusy, openSqlite, type SqliteDatabase } from '../../shared/kit/sqlite.ts';

/** In the data folder. */
export const LOCK_FILE = 'hub.lock.db';

/**
 * One hub per data folder. @throws Error when another has it, or the file cannot be opened
 *
 * The lock is an open write transaction: the operating system ends it with the process, however that ends.
 */
export function takeLock(folder: string): SqliteDatabase {
  const file = path.join(folder, LOCK_FILE);
  let lock: SqliteDatabase | undefined;
  try {
    closeSync(openSync(file, 'a', 0o600));
    // Older versions made it readable for everybody.
    chmodSync(file, 0o600);
    lock = openSqlite(file, { synchronous: 'NORMAL' });
    lock.pragma('busy_timeout = 0');
    lock.exec('BEGIN IMMEDIATE');
    return lock;
  } catch (error) {
    lock?.close();
    if (isBusy(error)) {
      throw new Error(`another hub is using the data folder ${folder}: stop it, or choose another with --data-dir`, {
        cause: error,
      });
    }
    throw new Error(`cannot open ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Does a hub have this folder open now? It makes no file. */
export function isFolderInUse(folder: string): boolean {
  if (!existsSync(path.join(folder, LOCK_FILE))) return false;
  try {
    takeLock(folder).close();
    return false;
  } catch (error) {
    return isBusy(error instanceof Error ? (error.cause ?? error) : error);
  }
}
