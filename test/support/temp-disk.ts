import { onTestFinished } from 'vitest';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** A real file system of `bytes` that ends with the test. */
export function tempDisk(bytes: number): SmallDisk {
  const disk = mountSmallDisk(bytes);
  onTestFinished(() => disk.unmount());
  return disk;
}
