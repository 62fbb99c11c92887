/**
 * A value that does not change any more: a sensor that froze, a program that repeats its last reading. Nothing is rare about each sample
 * alone, so that the features say little. Runs of equal values are compared with those before.
 *
 * Invariants:
 * 1. Only a series that has moved often can freeze: what changes a few times a day may stand for days.
 * 2. A run that was not called frozen is usual. One that was becomes usual when a second one comes: one long stop does not hide the next.
 * 3. With its state it goes on as if nothing had been.
 */
import { z } from 'zod';

/** Changes of a series before it can freeze. */
const MOVED = 200;
/** Samples of a run before it can be called frozen. */
const LEAST = 60;
/** And so many times the longest usual run. */
const LONGER = 4;
/** After so many samples of a run it is as usual. */
const HELD = 2000;

export const frozenState = z.object({
  last: z.number().optional(),
  /** Samples that equal the one before them, in a row. */
  run: z.number().int().nonnegative(),
  changes: z.number().int().nonnegative(),
  /** The longest run that is usual, and the longest that was called frozen. */
  usual: z.number().int().nonnegative(),
  frozen: z.number().int().nonnegative(),
});
export type FrozenState = z.infer<typeof frozenState>;

export class Frozen {
  #last: number | undefined;
  #run: number;
  #changes: number;
  #usual: number;
  #frozen: number;

  constructor(state?: FrozenState) {
    this.#last = state?.last;
    this.#run = state?.run ?? 0;
    this.#changes = state?.changes ?? 0;
    this.#usual = state?.usual ?? 0;
    this.#frozen = state?.frozen ?? 0;
  }

  /** @returns `begins` with the sample that makes the run longer than usual, `lasts` for those after it */
  next(value: number): 'begins' | 'lasts' | undefined {
    if (value !== this.#last) {
      this.#endRun();
      this.#last = value;
      return undefined;
    }
    this.#run++;
    const limit = this.#limit;
    if (this.#changes < MOVED || this.#run < limit || this.#run >= limit + HELD) return undefined;
    return this.#run === limit ? 'begins' : 'lasts';
  }

  state(): FrozenState {
    return {
      ...(this.#last === undefined ? {} : { last: this.#last }),
      run: this.#run,
      changes: this.#changes,
      usual: this.#usual,
      frozen: this.#frozen,
    };
  }

  get #limit(): number {
    return Math.max(LEAST, LONGER * this.#usual);
  }

  #endRun(): void {
    const wasFrozen = this.#changes >= MOVED && this.#run >= this.#limit;
    if (!wasFrozen) this.#usual = Math.max(this.#usual, this.#run);
    else {
      this.#usual = Math.max(this.#usual, Math.min(this.#frozen, this.#run));
      this.#frozen = Math.max(this.#frozen, this.#run);
    }
    this.#run = 0;
    this.#changes = Math.min(this.#changes + 1, MOVED);
  }
}
