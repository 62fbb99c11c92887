/** What Linux says of another process. */
import { readFileSync } from 'node:fs';

/** Ticks a second of /proc/PID/stat (proc(5)): 100 on every common kernel. */
const TICKS = 100;

/** Seconds of CPU that a process and its threads have used. */
export function cpuSeconds(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Its resident memory in MB. */
export function memoryOf(pid: number | undefined): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb ?? 0) / 1024);
}
