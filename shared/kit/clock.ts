/**
 * The only reader of clocks and maker of timers; everything else is handed a `Clock`, so that tests own the time.
 */
import { setTimeout as delay } from 'node:timers/promises';

export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since 1970; may be wrong and may jump. */
  wall(): number;
  /** Milliseconds of a clock that never goes back; its start is arbitrary, and the same for all processes of a machine. */
  mono(): number;
  /**
   * Calls `run` once after `ms`, with 0 as soon as what is ready now was handled; the result cancels. Does not keep the process
   * alive.
   */
  after(ms: number, run: () => void): Cancel;
  /** Calls `run` each `ms`; the result cancels. Does not keep the process alive. */
  every(ms: number, run: () => void): Cancel;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  mono() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
  after(ms, run) {
    // A timer of 0 takes a millisecond, in which a backlog could send a hundred records. Not `unref`: the loop would not turn for it.
    if (ms <= 0) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref();
    return () => clearInterval(timer);
  },
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
};
