/** What the file system of the data folder has free. */
import { statfsSync } from 'node:fs';
import type { Report } from '../../shared/contract/messages/report.ts';

const MIB = 2 ** 20;

/** Free for the user of the agent, without what is kept for root; undefined: the system does not say. Never throws. */
export function diskOf(folder: string): Report['disk'] {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { freeMb: Math.floor((bavail * bsize) / MIB), totalMb: Math.floor((blocks * bsize) / MIB) };
  } catch {
    return undefined;
  }
}
