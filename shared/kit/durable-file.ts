/**
 * Writing a small file so that a crash or a power cut leaves the old one or the new one, whole: written beside, forced to
 * disk, renamed, and the folder forced to disk too.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @param mode of the file, for example 0o600; a folder that is missing is made with 0700
 * @throws the file system's error; then the old file stands
 */
export function writeDurably(file: string, content: Uint8Array | string, mode: number): void {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  const handle = openSync(draft, 'w', mode);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
  forceFolder(folder);
}

/** Forces the names in a folder to disk. */
export function forceFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
