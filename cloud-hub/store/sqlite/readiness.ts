/** Can the hub keep what it acknowledges? Tried, not assumed. */
import { rmSync, type Stats, statfsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import type { Readiness } from '../database.ts';
import type { Turns } from '../turns.ts';

/** With less free disk, in bytes, the hub is not ready: a busy fleet fills that within minutes. */
export const MIN_FREE_BYTES = 64 * 1024 ** 2;

/** Commits go into these two. */
const FILES = ['hub.db', 'hub.db-wal'] as const;

/** Made and removed to see whether the disk takes a file. */
export const PROBE_FILE = 'hub.probe';

/** Bytes that a folder may still take. @throws Error of the file system */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

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

    /** Does the disk take no writes, or is too little of it free? */
    async disk() {
      // What SQLite rolls back has not left its memory.
      const probe = path.join(folder, PROBE_FILE);
      writeFileSync(probe, '');
      rmSync(probe);
      const free = freeBytes(folder);
      if (free < MIN_FREE_BYTES) throw new Error(`only ${Math.floor(free / 1e6)} MB are free`);
    },
  };
}

function isSame(before: Stats | undefined, now: Stats | undefined): boolean {
  return before?.ino === now?.ino && before?.dev === now?.dev;
}
