/** Which file a path names: so an open file notices that its path now names another one, because a disk was mounted anew. */
import { statSync } from 'node:fs';

export interface Place {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Undefined when there is no file, or nobody can tell. */
export function placeOf(file: string): Place | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return { device: dev, inode: ino };
  } catch {
    return undefined;
  }
}

/** Is there a file at the path, and is it not the one that was there? */
export function isAnother(was: Place | undefined, now: Place | undefined): boolean {
  return was !== undefined && now !== undefined && (was.device !== now.device || was.inode !== now.inode);
}
