/** A process that is given one order, may tell how far it is, answers and ends: what must not happen in the supervisor. */
import { mkdirSync } from 'node:fs';
import { createChild } from '../../shared/kit/child.ts';
import type { Clock } from '../../shared/kit/clock.ts';

export interface Errand {
  /** The built file of the process. */
  readonly entry: string | URL;
  /** An empty folder that it works in. */
  readonly workDir: string;
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** It ended, or was ended, without an answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/**
 * @param hear is given all that it says; true: this is the answer
 * @throws NoAnswer when it dies or takes longer than `patienceMs`; the signal's reason when aborted
 */
export async function askChild<Order extends object, Said>(
  order: Order,
  { entry, workDir, patienceMs, clock, signal }: Errand,
  hear: (said: Said) => boolean = () => true,
): Promise<Said> {
  signal?.throwIfAborted();
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  let release: (() => void) | undefined;
  const answer = new Promise<Said>((resolve, reject) => {
    const child = createChild<Order, Said>({
      entry,
      cwd: workDir,
      env: { MALLOC_ARENA_MAX: '2' },
      clock,
      onStart: () => setImmediate(() => child.send(order)),
      onMessage(said) {
        if (hear(said)) resolve(said);
      },
      onExit({ code, signal: by }) {
        const how = by ? `was ended by ${by}` : `ended with code ${code}`;
        reject(new NoAnswer(`the process ${how}, without an answer`));
      },
    });
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort);
    const cancel = clock.after(patienceMs, () => reject(new NoAnswer(`no answer in ${patienceMs / 1000} s`)));
    release = () => {
      cancel();
      signal?.removeEventListener('abort', abort);
      void child.stop();
    };
    child.start();
  });
  try {
    return await answer;
  } finally {
    release?.();
  }
}
