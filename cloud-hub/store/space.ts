/** Does the disk of a data folder take more? Tried, not assumed. */
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** With less free disk, in bytes, the hub is not ready: a busy fleet fills that within minutes. */
export const MIN_FREE_BYTES = 64 * 1024 ** 2;

/** Made and removed to see whether the disk takes a file. */
export const PROBE_FILE = 'hub.probe';

/** Bytes that a folder may still take. @throws Error of the file system */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** @throws Error when the disk takes no writes, or too little of it is free */
export function requireSpace(folder: string): void {
  const probe = path.join(folder, PROBE_FILE);
  writeFileSync(probe, '');
  rmSync(probe);
  const free = freeBytes(folder);
  if (free < MIN_FREE_BYTES) throw new Error(`only ${Math.floor(free / 1e6)} MB are free`);
}
