import type { Cancel, Clock } from '../../shared/kit/clock.ts';

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly run: () => void;
}

/**
 * Up to a grid of 1/1024 ms, on which sums are exact: after waits of random length, 10,000 ms later is neither more nor less. Up,
 * as a timer is never early: who waits for what is left of a time shall find it over.
 */
const onGrid = (ms: number): number => Math.ceil(ms * 1024) / 1024;

/** A clock that stands still until a test moves it; wall and monotonic time can be set apart. */
export class ManualClock implements Clock {
  #mono = 0;
  #wall: number;
  readonly #timers = new Set<Timer>();

  constructor(wall = Date.UTC(2026, 0, 1)) {
    this.#wall = wall;
  }

  wall(): number {
    return this.#wall;
  }

  mono(): number {
    return this.#mono;
  }

  /** Moves only the wall clock, as a wrong time server would. */
  setWall(wall: number): void {
    this.#wall = wall;
  }

  after(ms: number, run: () => void): Cancel {
    return this.#add({ at: this.#mono + onGrid(ms), every: undefined, run });
  }

  every(ms: number, run: () => void): Cancel {
    return this.#add({ at: this.#mono + onGrid(ms), every: onGrid(ms), run });
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Moves both clocks on by `ms`, runs what falls due, in order, and lets promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + onGrid(ms);
    for (;;) {
      const next = [...this.#timers].filter((t) => t.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#move(next.at);
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#move(end);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves both clocks on at once, as a machine that slept: what fell due meanwhile runs once, late, and what recurs begins anew. */
  async skip(ms: number): Promise<void> {
    this.#move(this.#mono + onGrid(ms));
    for (const timer of [...this.#timers].filter((t) => t.at <= this.#mono).toSorted((a, b) => a.at - b.at)) {
      if (!this.#timers.has(timer)) continue;
      if (timer.every === undefined) this.#timers.delete(timer);
      else timer.at = this.#mono + timer.every;
      timer.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #move(to: number): void {
    this.#wall += to - this.#mono;
    this.#mono = to;
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}
