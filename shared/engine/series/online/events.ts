/**
 * From strengths to events. A strength above `floor` that stands out from what followed the last event is a peak; how often
 * peaks of its strength come, by all peaks so far and beyond them by an exponential law, is its rate. The law's slope is that of most series, until this one's peaks have shown
 * that they are more often strong.
 *
 * Invariants:
 * 1. An anomaly is one event: it begins with a rate below the limit, and ends after `CALM` samples as usual.
 * 2. None begins while the features are still learning.
 * 3. A peak soon after another counts only if it is stronger than what is left of that one, which fades with `fade`.
 * 4. Peaks that follow one another are one, for `fade` samples at most: a series with a peak each hour has many, not one.
 * 5. While a series is young, how rare a peak is says little: an anomaly begins only when samples soon after it are unusual too, or at once
 *    with a peak that is `AT_ONCE` times rarer than the limit.
 */
import { z } from 'zod';

export interface EventSettings {
  /** A weaker sample is as usual. */
  readonly floor: number;
  /** Samples in which the memory of a peak fades to 1/e. */
  readonly fade: number;
  /** Samples before the first that the exponential law counts for, and its slope. */
  readonly prior: number;
  readonly slope: number;
  /** Peaks count as equally strong when their strengths are about this near. */
  readonly alike: number;
}
export const EVENT_SETTINGS: EventSettings = {
  floor: 1.32,
  fade: 390,
  prior: 13_000,
  slope: 2.44,
  alike: 0.5,
};
const CALM = 10;
/** So many peaks weigh as much as the slope of most series; one counts for so much above the floor at most. */
const SLOPE_PEAKS = 100;
const MOST_ABOVE = 1;
const MOST_PEAKS = 256;
const LONGEST = 1e6;
const AT_ONCE = 30;
/** So many samples above this part of the floor, within so many samples after the peak. */
const CONFIRMED = { samples: 3, part: 0.8, within: 60 };

export const eventsState = z.object({
  peaks: z.array(z.number()).max(MOST_PEAKS),
  level: z.number(),
  since: z.number().int().nonnegative(),
  /** Samples since the last peak began to grow. */
  sinceFirst: z.number().int().nonnegative().optional(),
  samples: z.number().int().nonnegative(),
  calm: z.number().int().nonnegative(),
  anomalous: z.boolean(),
  /** A peak of a young series that waits for others. */
  doubted: z
    .object({ apart: z.number(), age: z.number().int().nonnegative(), others: z.number().int().nonnegative() })
    .optional(),
});
export type EventsState = z.infer<typeof eventsState>;

interface Questions {
  readonly isNormal?: (() => boolean) | undefined;
  readonly isAgain?: (() => boolean) | undefined;
  /** Samples for which the series is young. */
  readonly youngFor?: number;
}

export class Events {
  readonly #is: EventSettings;
  #peaks: number[];
  #level: number;
  /** Samples since the last peak. */
  #since: number;
  #sinceFirst: number;
  #samples: number;
  #calm: number;
  #anomalous: boolean;
  #doubted: EventsState['doubted'];

  constructor(state?: EventsState, settings: EventSettings = EVENT_SETTINGS) {
    this.#is = settings;
    this.#peaks = [...(state?.peaks ?? [])];
    this.#level = state?.level ?? 0;
    this.#since = state?.since ?? 0;
    this.#sinceFirst = state?.sinceFirst ?? this.#since;
    this.#samples = state?.samples ?? 0;
    this.#calm = state?.calm ?? 0;
    this.#anomalous = state?.anomalous ?? false;
    this.#doubted = state?.doubted && { ...state.doubted };
  }

  get anomalous(): boolean {
    return this.#anomalous;
  }

  /** Samples since a peak that may yet be the beginning of an anomaly. */
  get doubtedFor(): number | undefined {
    return this.#doubted?.age;
  }

  /**
   * @param limit samples that must lie between peaks of this strength for one to be the beginning of an anomaly
   * @param asked of a peak that would begin an anomaly: `isNormal`, was something like it called normal? Then it is no peak. `isAgain`, does
   * it come by the clock? Then it begins none
   * @returns of a peak, and where one is confirmed: one at least as strong comes once in so many samples; else below 1
   */
  next(strength: number, limit: number, learning: boolean, asked: Questions = {}): number {
    this.#samples++;
    this.#since++;
    this.#sinceFirst++;
    this.#calm = strength > this.#is.floor ? 0 : this.#calm + 1;
    if (this.#calm >= CALM) this.#anomalous = false;
    const confirmed = this.#confirm(strength);
    const left = this.#level * Math.exp(-this.#since / this.#is.fade);
    if (strength <= this.#is.floor || strength <= left)
      return Math.max(confirmed, strength / (strength + this.#is.floor));
    const apart = this.#apart(strength);
    if (!this.#anomalous && asked.isNormal?.()) return Math.min(apart, limit / 2);
    const begins = !learning && (this.#anomalous || !asked.isAgain?.());
    this.#remember(strength);
    if (!begins) return Math.min(apart, limit / 2);
    const isDoubted = this.#samples < (asked.youngFor ?? 0) && apart < AT_ONCE * limit;
    if (apart >= limit && !this.#anomalous && isDoubted) {
      this.#doubted = { apart, age: 0, others: 0 };
      return limit / 2;
    }
    if (apart >= limit) this.#anomalous = true;
    return Math.max(confirmed, apart);
  }

  /** An anomaly that lasts has not calmed down. */
  goesOn(): void {
    this.#calm = 0;
  }

  /** The anomaly that lasts is none. */
  calmDown(): void {
    this.#anomalous = false;
    this.#doubted = undefined;
  }

  state(): EventsState {
    return {
      peaks: [...this.#peaks],
      level: this.#level,
      since: this.#since,
      sinceFirst: this.#sinceFirst,
      samples: this.#samples,
      calm: this.#calm,
      anomalous: this.#anomalous,
      ...(this.#doubted ? { doubted: { ...this.#doubted } } : {}),
    };
  }

  /** @returns how rare the peak was that this sample confirms; 0: it confirms none */
  #confirm(strength: number): number {
    const doubted = this.#doubted;
    if (!doubted) return 0;
    doubted.age++;
    if (strength > CONFIRMED.part * this.#is.floor) doubted.others++;
    const isConfirmed = doubted.others >= CONFIRMED.samples;
    if (isConfirmed || doubted.age >= CONFIRMED.within) this.#doubted = undefined;
    if (!isConfirmed) return 0;
    this.#anomalous = true;
    return doubted.apart;
  }

  /** Samples between peaks of at least this strength. */
  #apart(strength: number): number {
    const { prior, slope, floor, alike } = this.#is;
    /** Of the excess over the floor, in most series: the law's mean. */
    const usual = floor / slope / Math.LN10;
    let [stronger, above] = [0, SLOPE_PEAKS * usual];
    for (const peak of this.#peaks) {
      stronger += 2 / (1 + Math.exp((strength - peak) / alike));
      above += Math.min(peak - floor, MOST_ABOVE);
    }
    const excess = Math.max(usual, above / (SLOPE_PEAKS + this.#peaks.length));
    const expected = prior * 10 ** -slope * Math.exp(-(strength - floor) / excess) + stronger;
    return Math.min((this.#is.prior + this.#samples) / expected, LONGEST * (this.#is.prior + this.#samples));
  }

  /** A peak that grows is one peak. */
  #remember(strength: number): void {
    const last = this.#peaks.length - 1;
    const grows = last >= 0 && this.#sinceFirst < this.#is.fade;
    if (grows) this.#peaks[last] = Math.max(this.#peaks[last] as number, strength);
    else {
      this.#peaks.push(strength);
      this.#sinceFirst = 0;
    }
    if (this.#peaks.length > MOST_PEAKS) this.#peaks.shift();
    this.#level = strength;
    this.#since = 0;
  }
}
