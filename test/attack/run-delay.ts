/** How long a process was ready to run and no processor was free: what a busy machine adds to whatever it does. */
import { readFileSync } from 'node:fs';

/** Of the main thread since its start, milliseconds (Linux: the second field of `schedstat`, in nanoseconds, proc(5)). */
export function runDelayMs(pid: number): number {
  const [, nanoseconds = ''] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
}
