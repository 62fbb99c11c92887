import { readFileSync } from 'node:fs';

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
