/** A folder of this agent alone on a file system that lies in memory: what is written there is on no disk. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../shared/kit/errors.ts';

/** `f_type` of statfs(2): tmpfs and ramfs. */
const IN_MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);

/**
 * @param base where such folders are, for example `/dev/shm`
 * @param dataDir whose it is: the same folder in each start
 * @throws Error with the reason, and what to do
 */
export function openMemoryFolder(base: string, dataDir: string): string {
  const what = `encryption.memoryDir: ${base}`;
  let type: number;
  try {
    ({ type } = statfsSync(base));
  } catch (error) {
    throw new Error(`${what} cannot be used: ${messageOf(error)}; name a folder that lies in memory (tmpfs)`);
  }
  if (!IN_MEMORY.has(type))
    throw new Error(`${what} lies on a disk, where models would stand in plain text; name a folder in memory (tmpfs)`);
  const folder = folderOf(base, dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Everybody may write to /dev/shm: somebody may have been there first.
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (!isOurs) throw new Error(`${folder} belongs to somebody else, or others may read it; remove it`);
  return folder;
}

/** Removes it with what lies in it. */
export function removeMemoryFolder(base: string, dataDir: string): void {
  rmSync(folderOf(base, dataDir), { recursive: true, force: true });
}

function folderOf(base: string, dataDir: string): string {
  return path.join(base, `vedette-models-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`);
}
