/** A folder on a tmpfs that ends with the test; without one, a folder on the disk. */
import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp.ts';

const SHM = '/dev/shm';
const TMPFS = 0x01021994;
export const hasMemory = existsSync(SHM) && statfsSync(SHM).type === TMPFS;
export const withoutMemory = hasMemory ? '' : ` (skipped: no tmpfs at ${SHM})`;

export function tempMemory(): string {
  if (!hasMemory) return tempFolder();
  const folder = mkdtempSync(path.join(SHM, 'vedette-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
