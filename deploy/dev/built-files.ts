/** Which of the built files changed? By content: the compiler may write a file again that says the same. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from '../../shared/kit/digest.ts';

const PAGES = path.join('cloud-hub', 'dashboard', path.sep);

/** Path from the folder to digest. */
export type BuiltFiles = ReadonlyMap<string, string>;

/** @param folders below `dist`, each with all that is in it but the dashboard's pages, which Vite looks after */
export function readBuiltFiles(dist: string, folders: readonly string[]): BuiltFiles {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(dist, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.join(folder, file))
      .filter((file) => file.endsWith('.js') && !file.startsWith(PAGES)),
  );
  return new Map(files.map((file) => [file, digestOf(readFileSync(path.join(dist, file)))]));
}

/** Files that were added, changed or removed. */
export function changedFiles(before: BuiltFiles, after: BuiltFiles): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file));
}
