/**
 * What a series did at the same time of day before: the lowest and highest value of each slot of the last seven days. A slot
 * is as long as the time between samples, at least five minutes; ten where samples come each minute or faster, to save memory.
 */
import { z } from 'zod';
import { DAY_MS } from '../../../kit/durations.ts';

const DAYS = 7;
/** Lengths of a slot that divide a day. */
const SLOTS_MS = [5, 10, 15, 30, 60, 120].map((minutes) => minutes * 60_000);
/** Things come a little earlier or later: so many slots to both sides count as the same time. */
const NEAR = 4;
/** A faster series has fewer, longer slots. */
const FAST = { stepMs: 60_000, slotMs: 600_000, near: 2 };
/** So many rounds of all places can be told apart; each is of eight days. */
const MOST_ROUNDS = 65_535;

export const seasonState = z.object({
  slotMs: z.number().positive(),
  near: z.number().int().positive().max(16).optional(),
  slots: z.array(z.tuple([z.number(), z.number(), z.number()])).max(4096),
});
export type SeasonState = z.infer<typeof seasonState>;

export class Season {
  readonly #slotMs: number;
  readonly #near: number;
  readonly #perDay: number;
  /** Of each place: in which round since `#firstRound`, from 1, its slot was; 0: none yet. */
  readonly #rounds: Uint16Array;
  readonly #lowest: Float32Array;
  readonly #highest: Float32Array;
  #firstRound: number | undefined;

  /** @returns undefined for a series too slow to have a day */
  static of(stepMs: number): Season | undefined {
    if (stepMs <= FAST.stepMs) return new Season(FAST.slotMs, FAST.near);
    const slotMs = SLOTS_MS.find((length) => length >= stepMs * 0.99);
    return slotMs === undefined ? undefined : new Season(slotMs, NEAR);
  }

  static restore(state: SeasonState): Season {
    const season = new Season(state.slotMs, state.near ?? NEAR);
    for (const [number, lowest, highest] of state.slots.toSorted(([a], [b]) => a - b)) {
      season.#add(number, lowest);
      season.#add(number, highest);
    }
    return season;
  }

  private constructor(slotMs: number, near: number) {
    this.#slotMs = slotMs;
    this.#near = near;
    this.#perDay = Math.round(DAY_MS / slotMs);
    const places = this.#perDay * (DAYS + 1);
    this.#rounds = new Uint16Array(places);
    this.#lowest = new Float32Array(places);
    this.#highest = new Float32Array(places);
  }

  /** How far the value is from what was usual at this time of day: the median over days; undefined on the first day. */
  residual(atMs: number, value: number): number | undefined {
    const number = Math.floor(atMs / this.#slotMs);
    const distances: number[] = [];
    for (let day = 1; day <= DAYS; day++) {
      let nearest: number | undefined;
      for (let aside = -this.#near; aside <= this.#near; aside++) {
        const distance = this.#distance(number - day * this.#perDay + aside, value);
        if (distance !== undefined && (nearest === undefined || Math.abs(distance) < Math.abs(nearest)))
          nearest = distance;
      }
      if (nearest !== undefined) distances.push(nearest);
    }
    distances.sort((a, b) => a - b);
    return distances[distances.length >> 1];
  }

  add(atMs: number, value: number): void {
    this.#add(Math.floor(atMs / this.#slotMs), value);
  }

  state(): SeasonState {
    const slots: [number, number, number][] = [];
    const places = this.#rounds.length;
    this.#rounds.forEach((round, place) => {
      const number = (round - 1 + (this.#firstRound ?? 0)) * places + place;
      if (round > 0) slots.push([number, this.#lowest[place] as number, this.#highest[place] as number]);
    });
    return { slotMs: this.#slotMs, ...(this.#near === NEAR ? {} : { near: this.#near }), slots };
  }

  #add(number: number, value: number): void {
    const place = this.#place(number);
    let round = this.#roundOf(number);
    if (round < 1 || round > MOST_ROUNDS) {
      this.#rounds.fill(0);
      this.#firstRound = undefined;
      round = this.#roundOf(number);
    }
    const known = this.#rounds[place] === round;
    this.#lowest[place] = known ? Math.min(this.#lowest[place] as number, value) : value;
    this.#highest[place] = known ? Math.max(this.#highest[place] as number, value) : value;
    this.#rounds[place] = round;
  }

  /** From 1, of a slot that lies in the first round or later. */
  #roundOf(number: number): number {
    const round = Math.floor(number / this.#rounds.length);
    this.#firstRound ??= round;
    return round - this.#firstRound + 1;
  }

  #place(number: number): number {
    const places = this.#rounds.length;
    return ((number % places) + places) % places;
  }

  #distance(number: number, value: number): number | undefined {
    const place = this.#place(number);
    const round = this.#firstRound === undefined ? 0 : this.#roundOf(number);
    if (round < 1 || this.#rounds[place] !== round) return undefined;
    if (value > (this.#highest[place] as number)) return value - (this.#highest[place] as number);
    if (value < (this.#lowest[place] as number)) return value - (this.#lowest[place] as number);
    return 0;
  }
}
