/**
 * What a series did at the same time of day before: the lowest and highest value of each slot of the last seven days. A slot
 * is as long as the time between samples, at least five minutes.
 */
import { z } from 'zod';
import { DAY_MS } from '../../../kit/durations.ts';

const DAYS = 7;
/** Lengths of a slot that divide a day. */
const SLOTS_MS = [5, 10, 15, 30, 60, 120].map((minutes) => minutes * 60_000);
/** Things come a little earlier or later: so many slots to both sides count as the same time. */
const NEAR = 4;

export const seasonState = z.object({
  slotMs: z.number().positive(),
  slots: z.array(z.tuple([z.number(), z.number(), z.number()])).max(4096),
});
export type SeasonState = z.infer<typeof seasonState>;

export class Season {
  readonly #slotMs: number;
  readonly #perDay: number;
  /** The number of the slot since 1970 that each place holds; NaN: none yet. */
  readonly #numbers: Float64Array;
  readonly #lowest: Float32Array;
  readonly #highest: Float32Array;

  /** @returns undefined for a series too slow to have a day */
  static of(stepMs: number): Season | undefined {
    const slotMs = SLOTS_MS.find((length) => length >= stepMs * 0.99);
    return slotMs === undefined ? undefined : new Season(slotMs);
  }

  static restore(state: SeasonState): Season {
    return new Season(state.slotMs, state);
  }

  private constructor(slotMs: number, state?: SeasonState) {
    this.#slotMs = slotMs;
    this.#perDay = Math.round(DAY_MS / slotMs);
    const places = this.#perDay * (DAYS + 1);
    this.#numbers = new Float64Array(places).fill(Number.NaN);
    this.#lowest = new Float32Array(places);
    this.#highest = new Float32Array(places);
    for (const [number, lowest, highest] of state?.slots ?? []) {
      this.add(number * slotMs, lowest);
      this.add(number * slotMs, highest);
    }
  }

  /** How far the value is from what was usual at this time of day: the median over days; undefined on the first day. */
  residual(atMs: number, value: number): number | undefined {
    const number = Math.floor(atMs / this.#slotMs);
    const distances: number[] = [];
    for (let day = 1; day <= DAYS; day++) {
      let nearest: number | undefined;
      for (let slot = number - day * this.#perDay - NEAR; slot <= number - day * this.#perDay + NEAR; slot++) {
        const distance = this.#distance(slot, value);
        if (distance !== undefined && (nearest === undefined || Math.abs(distance) < Math.abs(nearest)))
          nearest = distance;
      }
      if (nearest !== undefined) distances.push(nearest);
    }
    distances.sort((a, b) => a - b);
    return distances[distances.length >> 1];
  }

  add(atMs: number, value: number): void {
    const number = Math.floor(atMs / this.#slotMs);
    const place = this.#place(number);
    if (this.#numbers[place] === number) {
      this.#lowest[place] = Math.min(this.#lowest[place] as number, value);
      this.#highest[place] = Math.max(this.#highest[place] as number, value);
      return;
    }
    this.#numbers[place] = number;
    this.#lowest[place] = value;
    this.#highest[place] = value;
  }

  state(): SeasonState {
    const slots: [number, number, number][] = [];
    this.#numbers.forEach((number, place) => {
      if (!Number.isNaN(number)) slots.push([number, this.#lowest[place] as number, this.#highest[place] as number]);
    });
    return { slotMs: this.#slotMs, slots };
  }

  #place(number: number): number {
    const places = this.#numbers.length;
    return ((number % places) + places) % places;
  }

  #distance(number: number, value: number): number | undefined {
    const place = this.#place(number);
    if (this.#numbers[place] !== number) return undefined;
    if (value > (this.#highest[place] as number)) return value - (this.#highest[place] as number);
    if (value < (this.#lowest[place] as number)) return value - (this.#lowest[place] as number);
    return 0;
  }
}
