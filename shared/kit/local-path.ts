/**
 * What lies at a local path, asked before it is opened. Opening a FIFO waits until somebody writes, reading a device or a
 * socket may never end, and the thread that waits there is lost to everybody.
 *
 * The question itself is answered within milliseconds by a disk, and never by a dead network mount. So there are two ways to ask: one
 * that waits in libuv's pool, which the caller must not repeat before it has its answer (each takes a thread of the pool);
 * and one that waits here, for threads that somebody watches over.
 */
import { type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { CodedError, isMissing, messageOf } from './errors.ts';

export type LocalKind = 'file' | 'folder' | 'device';

/**
 * What is there, behind all symbolic links; only what is in `allowed`. Does not block the thread, and may never be answered.
 * @throws CodedError `source-open`: nothing there, nothing in it, or something that is not allowed
 */
export async function localKind(file: string, allowed: readonly LocalKind[]): Promise<LocalKind> {
  let stats: Stats;
  try {
    stats = await stat(file);
  } catch (error) {
    throw notOpened(file, error);
  }
  return kindOf(file, stats, allowed);
}

/** The same at once: blocks the thread until the disk answers. */
export function localKindSync(file: string, allowed: readonly LocalKind[]): LocalKind {
  let stats: Stats;
  try {
    stats = statSync(file);
  } catch (error) {
    throw notOpened(file, error);
  }
  return kindOf(file, stats, allowed);
}

function notOpened(file: string, error: unknown): CodedError {
  return new CodedError(
    'source-open',
    `cannot open ${file}: ${isMissing(error) ? 'No such file or directory' : messageOf(error)}`,
  );
}

function kindOf(file: string, stats: Stats, allowed: readonly LocalKind[]): LocalKind {
  const found = wordFor(stats);
  const kind = allowed.find((one) => one === found);
  if (kind === undefined)
    throw new CodedError(
      'source-open',
      `cannot open ${file}: it is a ${found}; allowed here: a ${allowed.join(', a ')}`,
    );
  // The kernel's own files say 0 bytes as well, and some of them wait (/proc/kmsg).
  if (kind === 'file' && stats.size === 0) throw new CodedError('source-open', `cannot open ${file}: it is empty`);
  return kind;
}

function wordFor(stats: Stats): LocalKind | 'FIFO' | 'socket' | 'disk' {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'folder';
  if (stats.isFIFO()) return 'FIFO';
  if (stats.isSocket()) return 'socket';
  return stats.isCharacterDevice() ? 'device' : 'disk';
}
