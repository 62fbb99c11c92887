import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Resident memory of this process, in whole MB (2^20 bytes). */
export function rssMb(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20);
}

/** Resident memory of another process, in whole MB; undefined where the system does not say (proc(5) does). */
export function rssMbOf(pid: number): number | undefined {
  try {
    const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
    return kb === undefined ? undefined : Math.round(Number(kb) / 1024);
  } catch {
    return undefined;
  }
}

/** Half of the memory that this process may have, in whole MB: for what runs beside others. */
export function halfOfMemoryMb(): number {
  // 0, or more than there is, when nothing constrains the process.
  const constrained = process.constrainedMemory();
  return Math.floor((constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()) / 2 ** 21);
}
