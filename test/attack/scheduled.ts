/** What the main thread of a process got of the processors: how long it worked, and how long it was ready and none was free. */
import { readFileSync } from 'node:fs';

/** Milliseconds since its start. */
export interface Scheduled {
  readonly ran: number;
  readonly delayed: number;
}

/** Linux: the first two fields of `schedstat`, in nanoseconds (proc(5)). */
export function scheduledOf(pid: number): Scheduled {
  const [ran = '', delayed = ''] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return { ran: Number(ran) / 1e6, delayed: Number(delayed) / 1e6 };
}
