/** Looks at an SQLite file without changing it: is it whole? */
import { existsSync, statSync } from 'node:fs';
import { messageOf } from '../../kit/errors.ts';
import { isCorruption, openSqlite, type SqliteDatabase } from '../../kit/sqlite.ts';

export type DatabaseFacts<T> =
  | { readonly state: 'missing' }
  | { readonly state: 'damaged' | 'unreadable'; readonly error: string }
  /** `checked`: every page was looked at. */
  | { readonly state: 'whole'; readonly bytes: number; readonly checked: boolean; readonly more: T };

/** Reading every page of a larger file takes too long for a question. */
const CHECKED_BYTES = 512 * 2 ** 20;

/** @param more what else is read of it */
export function lookAtDatabase<T>(file: string, more: (database: SqliteDatabase) => T): DatabaseFacts<T> {
  if (!existsSync(file)) return { state: 'missing' };
  let database: SqliteDatabase | undefined;
  try {
    const bytes = statSync(file).size;
    database = openSqlite(file, { synchronous: 'NORMAL', readonly: true });
    const checked = bytes <= CHECKED_BYTES;
    const verdict = checked ? database.pragma('quick_check(1)', { simple: true }) : 'ok';
    if (verdict !== 'ok') return { state: 'damaged', error: String(verdict) };
    return { state: 'whole', bytes, checked, more: more(database) };
  } catch (error) {
    return { state: isCorruption(error) ? 'damaged' : 'unreadable', error: messageOf(error) };
  } finally {
    database?.close();
  }
}
