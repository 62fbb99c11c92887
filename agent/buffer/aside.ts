/**
 * Damaged database files are moved aside, never deleted: they are the only evidence, and may hold what can be saved.
 *
 * Crash behaviour: the database moves first. Without it SQLite begins a new one; with it but without its WAL SQLite would
 * show an older state, and numbers would be used twice. A WAL that a crash left behind is brought after it by
 * `moveOrphans`.
 */
import { existsSync, renameSync } from 'node:fs';

const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Moves a database with its `-wal` and `-shm` to `FILE.corrupt-N` with the first free N from 1.
 * @returns the new path of the database
 */
export function moveAside(file: string): string {
  const target = `${file}.corrupt-${firstFree(file)}`;
  renameSync(file, target);
  moveCompanions(file, target);
  return target;
}

/** The database that was moved last; undefined when there is none. */
export function lastAside(file: string): string | undefined {
  const n = firstFree(file) - 1;
  return n > 0 ? `${file}.corrupt-${n}` : undefined;
}

/** Brings the companions of a database that is not there any more to where the database was moved last. */
export function moveOrphans(file: string): void {
  if (existsSync(file)) return;
  moveCompanions(file, `${file}.corrupt-${Math.max(1, firstFree(file) - 1)}`);
}

function moveCompanions(file: string, target: string): void {
  for (const part of COMPANIONS) {
    if (existsSync(file + part) && !existsSync(target + part)) renameSync(file + part, target + part);
  }
}

function firstFree(file: string): number {
  let n = 1;
  while (existsSync(`${file}.corrupt-${n}`)) n++;
  return n;
}
