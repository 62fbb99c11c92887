/** Starts a process for one order, and waits for its answer: for work that must not run in the supervisor. */
import { mkdirSync } from 'node:fs';
import { createChild } from './child.ts';
import type { Clock } from './clock.ts';
import { inTime } from './deadline.ts';
import { rssMbOf } from './memory.ts';

export interface AskOptions {
  /** The built file of the process. */
  readonly entry: string | URL;
  /** An empty folder that it works in. */
  readonly workDir: string;
  readonly waitLimitMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** It reads what strangers sent: what it prints is dropped. */
  readonly output?: 'ignore';
  /** A process that takes more resident memory is killed. Looked at every 50 ms, and only where the system says it. */
  readonly maxMb?: number;
}

const LOOK_MS = 50;

/** The process gave no answer; the message says how it ended: `was killed by SIGKILL before it answered`. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly why: 'ended' | 'late' | 'too much memory';
  constructor(message: string, why: NoAnswer['why'] = 'ended') {
    super(message);
    this.why = why;
  }
}

/**
 * @param receive is given each message of the process; true: this one is the answer
 * @returns after the process is gone
 * @throws NoAnswer when it dies, takes longer than `waitLimitMs` or takes more memory than it may; the signal's reason when aborted
 */
export async function askChild<Order extends object, Answer>(
  order: Order,
  { entry, workDir, waitLimitMs, clock, signal, flags, output, maxMb }: AskOptions,
  receive: (message: Answer) => boolean = () => true,
): Promise<Answer> {
  signal?.throwIfAborted();
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  let release: (() => Promise<void>) | undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    const child = createChild<Order, Answer>({
      entry,
      cwd: workDir,
      env: { MALLOC_ARENA_MAX: '2' },
      clock,
      ...(flags ? { flags } : {}),
      ...(output ? { output } : {}),
      onStart: () => setImmediate(() => child.send(order)),
      onMessage(message) {
        if (receive(message)) resolve(message);
      },
      onExit({ code, signal: by }) {
        reject(new NoAnswer(`${by ? `was killed by ${by}` : `ended with code ${code}`} before it answered`));
      },
    });
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort);
    const watch = () => {
      if (maxMb === undefined || child.pid === undefined || (rssMbOf(child.pid) ?? 0) <= maxMb) return;
      reject(new NoAnswer(`took more than ${maxMb} MB of memory`, 'too much memory'));
    };
    const cancelWatch = maxMb === undefined ? undefined : clock.every(LOOK_MS, watch);
    release = () => {
      cancelWatch?.();
      signal?.removeEventListener('abort', abort);
      return child.stop();
    };
    child.start();
  });
  try {
    return await inTime(clock, waitLimitMs, answer, () => {
      throw new NoAnswer(`did not answer within ${waitLimitMs / 1000} s`, 'late');
    });
  } finally {
    await release?.();
  }
}
