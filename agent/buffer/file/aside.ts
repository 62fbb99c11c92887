/**
 * Moves damaged database files aside: they are evidence, and may hold records that can be saved. Only the newest is kept. Older
 * ones have been salvaged already, and would fill the disk.
 *
 * Crash behaviour: the database moves first, its WAL second. If the WAL moved first, SQLite would open the database in an older
 * state, and numbers would be used twice. `moveOrphans` moves a WAL that a crash left behind.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const COMPANIONS = ['-wal', '-shm'] as const;

/**
 * Moves a database with its `-wal` and `-shm` to `FILE.corrupt-N` with the next N, from 1 on, and removes what is too old.
 * @returns the new path of the database
 */
export function moveAside(file: string): string {
  const earlier = numbersOf(file);
  const target = nameOf(file, (earlier.at(-1) ?? 0) + 1);
  renameSync(file, target);
  moveCompanions(file, target);
  for (const n of earlier) remove(nameOf(file, n));
  return target;
}

/** Removes the files that were moved aside, to free room; they have been salvaged. @returns whether there were any */
export function removeAside(file: string): boolean {
  const numbers = numbersOf(file);
  for (const n of numbers) remove(nameOf(file, n));
  return numbers.length > 0;
}

function remove(moved: string): void {
  for (const part of ['', ...COMPANIONS]) rmSync(moved + part, { force: true });
}

/** The database that was moved last; undefined when there is none. */
export function lastAside(file: string): string | undefined {
  const last = numbersOf(file).at(-1);
  return last === undefined ? undefined : nameOf(file, last);
}

/** Moves `-wal` and `-shm` of a database that is gone to where the database was moved last. */
export function moveOrphans(file: string): void {
  if (existsSync(file)) return;
  moveCompanions(file, lastAside(file) ?? nameOf(file, 1));
}

function moveCompanions(file: string, target: string): void {
  for (const part of COMPANIONS) {
    if (existsSync(file + part) && !existsSync(target + part)) renameSync(file + part, target + part);
  }
}

function nameOf(file: string, n: number): string {
  return `${file}.corrupt-${n}`;
}

/** Numbers of the databases that were moved aside, rising. */
function numbersOf(file: string): number[] {
  const start = `${path.basename(file)}.corrupt-`;
  return readdirSync(path.dirname(file))
    .filter((name) => name.startsWith(start) && /^[1-9]\d*$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .sort((a, b) => a - b);
}
