/** Which files of a data folder a backup holds. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { ADDRESS_FILE } from '../config.ts';
import { DEVICE_LOGS } from '../device-logs/open.ts';
import { ANSWERS_FILE } from '../store/answers.ts';
import { LOCK_FILE } from '../store/lock.ts';
import { PROBE_FILE } from '../store/space.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';
import { fileName } from './archive.ts';

/** Folders that are not in it: what is on its way, what is unpacked from packages, and logs of devices, which change all the time. */
const LEFT_OUT = ['models/incoming', 'inference', DEVICE_LOGS];
/** Packages: many and large, and they never change. */
const PACKAGES = 'models/sha256';

export interface Sources {
  /** Relative paths; small files that may be written anew while the hub runs. */
  readonly small: readonly string[];
  readonly packages: readonly string[];
}

export function sourcesOf(dataDir: string): Sources {
  const files = filesBelow(dataDir, '').filter(isKept).toSorted();
  const odd = files.find((file) => !fileName.safeParse(file).success);
  if (odd !== undefined)
    throw new Error(
      `${JSON.stringify(path.join(dataDir, odd))} is no file of the hub, and a backup cannot hold its name (letters, digits, ".", "_" and "-", no dot first): move it away`,
    );
  const isPackage = (file: string) => file.startsWith(`${PACKAGES}/`);
  return { small: files.filter((file) => !isPackage(file)), packages: files.filter(isPackage) };
}

function filesBelow(dataDir: string, folder: string): string[] {
  return readdirSync(path.join(dataDir, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    // Its target would be missing in the backup, and nobody would know.
    if (entry.isSymbolicLink())
      throw new Error(
        `${path.join(dataDir, name)} is a symbolic link, which no backup holds: put what it points to in its place`,
      );
    if (entry.isDirectory()) return LEFT_OUT.includes(name) ? [] : filesBelow(dataDir, name);
    return entry.isFile() ? [name] : [];
  });
}

/** The database is copied in its own way; a lock, an address, answers for repeats and drafts mean nothing elsewhere. */
function isKept(file: string): boolean {
  const others = [DATABASE_FILE, LOCK_FILE, ANSWERS_FILE].flatMap((name) => [
    name,
    `${name}-wal`,
    `${name}-shm`,
    `${name}-journal`,
  ]);
  return ![...others, ADDRESS_FILE, PROBE_FILE].includes(file) && !file.endsWith('.new');
}

/** Changes when any of the files was written, came or went. */
export function stateOf(dataDir: string, files: readonly string[]): string {
  return files
    .map((file) => {
      const { mtimeMs, size, ino } = statSync(path.join(dataDir, file));
      return `${file} ${ino} ${size} ${mtimeMs}`;
    })
    .join('\n');
}
