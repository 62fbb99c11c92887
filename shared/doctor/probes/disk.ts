/** Looks at a disk: what is free, and how long a durable write takes. It leaves nothing behind. */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../kit/clock.ts';
import { messageOf } from '../../kit/errors.ts';
import { median } from '../../kit/quantile.ts';

export interface DiskFacts {
  /** Where it was tried: the data folder, or the nearest folder above it that exists. */
  readonly folder: string;
  readonly freeMb: number;
  /** Milliseconds of a 4 KiB write with fsync: median and worst of some; undefined when it failed. */
  readonly syncMs: { readonly median: number; readonly worst: number } | undefined;
  readonly error?: string;
}

const MIB = 2 ** 20;
const SYNCS = 20;
const SYNC_BYTES = 4096;

/** @param dataDir need not exist: then the nearest folder above it counts */
export function lookAtDisk(dataDir: string, clock: Clock): DiskFacts {
  let folder = dataDir;
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  let freeMb = 0;
  try {
    const { bavail, bsize } = statfsSync(folder);
    freeMb = Math.round((bavail * bsize) / MIB);
    return { folder, freeMb, syncMs: timeSyncs(path.join(folder, `.doctor-${process.pid}`), clock) };
  } catch (error) {
    return { folder, freeMb, syncMs: undefined, error: messageOf(error) };
  }
}

function timeSyncs(file: string, clock: Clock): DiskFacts['syncMs'] {
  const handle = openSync(file, 'wx', 0o600);
  try {
    const bytes = Buffer.alloc(SYNC_BYTES, 1);
    const times = Array.from({ length: SYNCS }, () => {
      const start = clock.mono();
      writeSync(handle, bytes);
      fsyncSync(handle);
      return clock.mono() - start;
    });
    return { median: median(times), worst: Math.max(...times) };
  } finally {
    closeSync(handle);
    rmSync(file, { force: true });
  }
}
