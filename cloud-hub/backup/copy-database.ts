/**
 * Copies the database of a hub that may be running, as it is at one moment. A read transaction holds the moment: the hub goes on
 * writing, into its WAL, which grows by what is written meanwhile and shrinks at the next chance.
 */
import { existsSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import { openSqlite } from '../../shared/kit/sqlite.ts';

/** Pages per turn: a signal is heard in between. */
const PAGES = 4096;

/**
 * @param target must not exist
 * @returns the version of its schema
 * @throws Error that says what to do when it is missing or damaged
 */
export async function copyDatabase(file: string, target: string): Promise<number> {
  if (!existsSync(file)) throw new Error(`there is no ${file}: name the data folder of the hub with --data-dir`);
  const source = openSqlite(file, { synchronous: 'FULL', readonly: true });
  try {
    source.exec('BEGIN');
    // Only reading begins the transaction.
    source.prepare('SELECT count(*) FROM sqlite_schema').get();
    await source.backup(target, { progress: () => PAGES });
  } finally {
    source.close();
  }
  return examine(file, target);
}

/** A copy of a damaged file is no backup. */
function examine(file: string, copy: string): number {
  const database = openSqlite(copy, { synchronous: 'FULL' });
  try {
    // One file, without a WAL beside it.
    database.pragma('journal_mode = DELETE');
    const verdict = String(database.pragma('quick_check(1)', { simple: true }));
    if (verdict !== 'ok') throw new Error(verdict.replaceAll(/\s+/g, ' '));
    return Number(database.prepare('SELECT max(version) FROM schema_version').pluck().get());
  } catch (error) {
    const what = `${file} is damaged or no database of a hub (${messageOf(error)}): no backup was made`;
    throw new Error(`${what}. Keep the backups that you have, and see \`vedette-hub doctor\``, { cause: error });
  } finally {
    database.close();
  }
}
