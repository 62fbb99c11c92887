/** Looks into the data folder of a hub from outside: has it written anything? */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openSqlite } from '../../../shared/kit/sqlite.ts';

/** Tells whether the hub has changed anything but its audit since it was asked last, in its database or in a file. */
export function watchWrites(folder: string): () => boolean {
  const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL', readonly: true });
  onTestFinished(() => {
    database.close();
  });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'audit'").pluck();
  const contents = (tables.all() as string[]).map((table) => database.prepare(`SELECT * FROM "${table}"`).raw());
  let version: unknown;
  let content = '';
  const look = () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^(hub|answers)\.db/.test(entry.name))
      .map((entry) => path.join(entry.parentPath, entry.name))
      .map((file) => `${file} ${statSync(file).mtimeMs}`);
    const now = database.pragma('data_version', { simple: true });
    if (now !== version) content = JSON.stringify(contents.map((rows) => rows.all()));
    version = now;
    return JSON.stringify([content, files.toSorted()]);
  };
  let before = look();
  return () => {
    const now = look();
    const isChanged = now !== before;
    before = now;
    return isChanged;
  };
}
