/**
 * Waiting for a file of a series. It is read in libuv's pool, where a disk that does not answer (a dead network mount) holds one
 * thread: so it is waited for as long as it takes, and not tried again, which would take another thread each time.
 */
import type { Clock } from '../../../../shared/kit/clock.ts';
import { inTime } from '../../../../shared/kit/deadline.ts';

export interface SlowDisk {
  /** The disk is asked for something. */
  asked(): void;
  answered(): void;
  /** No more is asked. */
  stop(): void;
}

const ANSWER_MS = 5_000;
const LOOK_MS = 1_000;
const CLOSE_MS = 1_000;

/** @param report is called once for each answer that takes longer than a disk may */
export function watchDisk(clock: Clock, report: (message: string) => void): SlowDisk {
  let askedAt: number | undefined;
  const stop = clock.every(LOOK_MS, () => {
    if (askedAt === undefined || clock.mono() - askedAt < ANSWER_MS) return;
    askedAt = undefined;
    report(`its disk has not answered for ${ANSWER_MS / 1000} s`);
  });
  return {
    asked() {
      askedAt = clock.mono();
    },
    answered() {
      askedAt = undefined;
    },
    stop,
  };
}

/** Whoever closes a source does not wait for its disk. */
export function leave(clock: Clock, done: Promise<unknown>): Promise<unknown> {
  return inTime(clock, CLOSE_MS, done, () => undefined);
}
