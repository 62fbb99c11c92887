/** Looks for bytes in files, however they came there. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMissing } from '../../shared/kit/errors.ts';

/** Files of a folder, and of those below it, that have the bytes somewhere, as paths from the folder. */
export function filesWith(folder: string, needle: string | Buffer): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => contentOf(file)?.includes(needle))
    .map((file) => path.relative(folder, file))
    .toSorted();
}

/** Nothing for a file that is gone since it was listed: a program that runs renames and removes its drafts. */
function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
