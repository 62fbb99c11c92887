/**
 * How surprising a value is beside those before it: -log10 of the probability to lie as far out in a tail. In the tail, beyond
 * the 2 % most extreme values, excesses count as exponential (peaks over threshold: Davison and Smith, 1990), so values that
 * never were are comparable too. Inside it is 0.
 */
import { z } from 'zod';
import { Sketch, sketchState } from './sketch.ts';

export const surpriseState = z.object({ seen: z.number().int().nonnegative(), sketch: sketchState });
export type SurpriseState = z.infer<typeof surpriseState>;

const TAIL = 0.02;
/** Values before the first answer. */
const WARM_UP = 50;
/** A tail narrower than this part of the spread is no tail: quantised values, or none at all yet. */
const NARROWEST = 1e-3;
const HIGHEST = 100;

export class Surprise {
  readonly #sketch: Sketch;
  #seen: number;
  #last = 0;

  constructor(memory: number, state?: SurpriseState) {
    this.#sketch = new Sketch(memory, state?.sketch);
    this.#seen = state?.seen ?? 0;
  }

  /** @returns 0 to 100; the value counts from now on */
  next(value: number): number {
    this.#last = this.#seen >= WARM_UP ? this.#of(value) : 0;
    this.#seen++;
    this.#sketch.add(value);
    return Math.abs(this.#last);
  }

  /** Of the last value; below zero for one that was too low. */
  get last(): number {
    return this.#last;
  }

  /** Between which bounds nearly all values lie: the beginnings of both tails, and their mean excess. Undefined at first. */
  usual(): readonly [low: number, high: number] | undefined {
    if (this.#seen < WARM_UP) return undefined;
    const { from: high, meanExcess: above } = this.#sketch.upper(TAIL);
    const { from: low, meanExcess: below } = this.#sketch.lower(TAIL);
    return [low - below, high + above];
  }

  state(): SurpriseState {
    return { seen: this.#seen, sketch: this.#sketch.state() };
  }

  #of(value: number): number {
    const { from: high, meanExcess: above, part: upper } = this.#sketch.upper(TAIL);
    const { from: low, meanExcess: below, part: lower } = this.#sketch.lower(TAIL);
    const least = Math.max(1e-9, this.#sketch.spread * NARROWEST);
    if (value > high) return bounded((value - high) / Math.max(above, least) / Math.LN10 - Math.log10(upper));
    if (value < low) return -bounded((low - value) / Math.max(below, least) / Math.LN10 - Math.log10(lower));
    return 0;
  }
}

const bounded = (surprise: number) => Math.min(HIGHEST, surprise);
