/** The end of a process that has had decode threads. */
import type { Clock } from '../../../../shared/kit/clock.ts';
import { inTime } from '../../../../shared/kit/deadline.ts';
import type { DecodeThreads } from './threads.ts';

/** An interrupted call of FFmpeg returns within 0.1 s; a device, or a name server that does not answer, keeps it longer. */
const LEAVE_MS = 3000;

export interface Ending {
  exit(code: number): void;
  /** Ends it by a signal that cannot be caught. */
  kill(): void;
}

const thisProcess: Ending = {
  exit: (code) => process.exit(code),
  kill: () => void process.kill(process.pid, 'SIGKILL'),
};

/**
 * Ends this process, in order when its decode threads have ended. One that hangs in FFmpeg cannot be ended by itself: Node
 * would abort the process with a native stack. The process is then killed, which nobody notices who has asked it to end.
 * @param ending default: this process
 */
export async function leaveProcess(
  threads: Pick<DecodeThreads, 'ended'>,
  clock: Pick<Clock, 'after'>,
  ending: Ending = thisProcess,
): Promise<void> {
  const ended = threads.ended().then(() => true);
  if (await inTime(clock, LEAVE_MS, ended, () => false)) ending.exit(0);
  else ending.kill();
}
