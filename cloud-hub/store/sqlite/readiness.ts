/** Can the hub keep what it acknowledges? Tried, not assumed. */
import { type Stats, statSync } from 'node:fs';
import path from 'node:path';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import type { Readiness } from '../database.ts';
import { requireSpace } from '../space.ts';
import type { Turns } from '../turns.ts';

/** Commits go into these two. */
const FILES = ['hub.db', 'hub.db-wal'] as const;

class RolledBack extends Error {}

/** @param sqlite the connection that writes, and has written */
export function createReadiness(sqlite: SqliteDatabase, folder: string, turns: Turns): Readiness {
  const look = (file: string) => statSync(path.join(folder, file), { throwIfNoEntry: false });
  const opened = FILES.map((file) => ({ file, stats: look(file) }));
  const touch = sqlite.prepare('UPDATE schema_version SET applied_at = applied_at');
  const tryWrite = sqlite.transaction(() => {
    touch.run();
    throw new RolledBack();
  });
  return {
    async database() {
      const lost = opened.find(({ file, stats }) => !isSame(stats, look(file)));
      if (lost) throw new Error(`${lost.file} was removed or replaced while the hub has it open: restart the hub`);
      try {
        await turns.take(() => tryWrite.immediate());
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error;
      }
    },

    // What SQLite rolls back has not left its memory.
    disk: async () => requireSpace(folder),
  };
}

function isSame(before: Stats | undefined, now: Stats | undefined): boolean {
  return before?.ino === now?.ino && before?.dev === now?.dev;
}
