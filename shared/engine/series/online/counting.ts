/**
 * Is the series a counter, as of energy or pieces? Then its increase says what the machine does, and its value only how long it has run.
 * A series is taken for a counter when of its first samples most rise and none falls, but to begin anew.
 *
 * Invariants:
 * 1. While it is not decided, and of what is no counter, values are given as they are.
 * 2. Of a counter the increase per usual step of time is given: a lost sample is no jump. What it counted when it began anew is unknown,
 *    and counts as the increase before.
 * 3. A counter that goes back, and not to its beginning, has a negative increase. If that comes again and again it was none.
 */
import { z } from 'zod';

/** Samples after which is decided, how many of them rise, and how often it may begin anew until then. */
const DECIDED_AFTER = 200;
const RISES = 0.5;
const BEGINNINGS = 2;
/** It begins anew within this part of its range so far. */
const BEGINNING = 0.1;
/** So many falls within so many samples are no faults of a counter. */
const FALLS = { most: 3, within: 500 };

export const countingState = z.object({
  before: z.number().optional(),
  low: z.number(),
  high: z.number(),
  seen: z.number().int().nonnegative(),
  rises: z.number().int().nonnegative(),
  beginnings: z.number().int().nonnegative(),
  falls: z.number().int().nonnegative(),
  increase: z.number(),
  verdict: z.enum(['open', 'counter', 'other']),
});
export type CountingState = z.infer<typeof countingState>;

const AT_FIRST: CountingState = {
  low: 0,
  high: 0,
  seen: 0,
  rises: 0,
  beginnings: 0,
  falls: 0,
  increase: 0,
  verdict: 'open',
};

/** Of what is no counter nothing is kept: there are thousands of them. */
const OTHER: CountingState = { ...AT_FIRST, verdict: 'other' };

export class Counting {
  #is: CountingState;

  constructor(state: CountingState = AT_FIRST) {
    this.#is = state.verdict === 'other' ? OTHER : { ...state };
  }

  /** What was given is the increase since this value; undefined: it is the value itself. */
  get from(): number | undefined {
    return this.#is.verdict === 'counter' ? this.#is.before : undefined;
  }

  /**
   * @param steps usual steps of time since the sample before, at least 1
   * @returns the value or its increase; `anew`: what was given until now was of the other kind
   */
  next(value: number, steps: number): { readonly value: number; readonly anew: boolean } {
    const is = this.#is;
    if (is.verdict === 'other') return { value, anew: false };
    const before = is.before ?? value;
    if (is.seen === 0) [is.low, is.high] = [value, value];
    const begins = value < before && value <= is.low + BEGINNING * (is.high - is.low);
    [is.before, is.low, is.high] = [value, Math.min(is.low, value), Math.max(is.high, value)];
    is.seen++;
    if (is.verdict === 'open')
      return { value: this.#decide(value, before, begins), anew: is.seen === DECIDED_AFTER && this.#isCounter };
    if (value < before && !begins && ++is.falls > FALLS.most) {
      this.#is = OTHER;
      return { value, anew: true };
    }
    if (is.seen % FALLS.within === 0) is.falls = 0;
    if (!begins) is.increase = (value - before) / steps;
    return { value: is.increase, anew: false };
  }

  state(): CountingState {
    return { ...this.#is };
  }

  get #isCounter(): boolean {
    return this.#is.verdict === 'counter';
  }

  /** @returns what to give for the sample */
  #decide(value: number, before: number, begins: boolean): number {
    const is = this.#is;
    if (value > before) is.rises++;
    if (begins) is.beginnings++;
    const hasFallen = (value < before && !begins) || is.beginnings > BEGINNINGS;
    if (!hasFallen && is.seen < DECIDED_AFTER) return value;
    if (hasFallen || is.rises < RISES * DECIDED_AFTER) this.#is = OTHER;
    else is.verdict = 'counter';
    return this.#isCounter ? value - before : value;
  }
}
