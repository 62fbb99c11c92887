/**
 * Finds anomalies in a series of numbers as it runs: no training, no model file, bounded memory (about 64 kB per channel). It
 * learns level, spread, steps, windows, the time of day and shapes (features.ts), of a counter those of its increase (counting.ts), and
 * gives an event the rate at which something as unusual comes (events.ts), or none if it comes each day or week (recurring.ts). Of several
 * channels it learns how they move together (relations.ts). After a restart with its state it goes on as if nothing had been.
 */
import { z } from 'zod';
import { Channel, channelState } from './channel.ts';
import { Relations, relationsState } from './relations.ts';

/** Channels whose anomalies begin so few samples apart are unusual together. */
const TOGETHER = 10;

/** An anomaly is what comes less often than once in so many weeks. */
export const DEFAULT_WEEKS = 1.75;
const WEEK_MS = 604_800_000;

export const detectorState = z.object({
  format: z.literal(1),
  channels: z.array(channelState).min(1).max(64),
  relations: relationsState.optional(),
});
export type DetectorState = z.infer<typeof detectorState>;

export interface Finding {
  /**
   * By the detector's own estimate something as unusual comes once in so many weeks; of the channel in which it is most
   * unusual. Only the first sample of something unusual has a high score: what follows it is compared with it.
   */
  readonly score: number;
  readonly threshold: number;
  /** From the beginning of an anomaly until the series has calmed down. */
  readonly anomalous: boolean;
  /** How much each channel contributes, in their order; they add up to 1, or are all 0. */
  readonly parts: readonly number[];
  /** Between which values each channel was expected, before the sample came; undefined while too little is known. */
  readonly expected: readonly (readonly [low: number, high: number] | undefined)[];
}

export interface DetectorOptions {
  /** So many samples are compared with a past that they do not continue: they are learned, and nothing is told of them. */
  readonly settling?: number;
  /** What it begins with was chosen as healthy, so that it is never young (events.ts, invariant 5). */
  readonly isTrained?: boolean;
}

export class Detector {
  readonly #channels: readonly Channel[];
  /** Of a series with several channels. */
  readonly #relations: Relations | undefined;
  /** Samples until which nothing is told. */
  #settling: number;
  readonly #isTrained: boolean;

  /**
   * @param state of a detector with as many channels; another one is not used
   */
  constructor(channels: number, state?: DetectorState, { settling = 0, isTrained = false }: DetectorOptions = {}) {
    this.#settling = settling;
    this.#isTrained = isTrained;
    const kept = state?.channels.length === channels ? state.channels : [];
    this.#channels = Array.from({ length: channels }, (_, c) => new Channel(kept[c]));
    this.#relations =
      channels > 1 ? new Relations(channels, kept.length > 0 ? state?.relations : undefined) : undefined;
  }

  /**
   * @param atMs milliseconds since 1970, later than the sample before
   * @param values one finite number per channel
   * @param weeks an anomaly comes less often than once in so many weeks
   */
  next(atMs: number, values: readonly number[], weeks = DEFAULT_WEEKS): Finding {
    let score = 0;
    const settles = this.#settling > 0;
    if (settles) this.#settling--;
    const expected = this.#channels.map((channel) => channel.expected());
    const strengths = this.#channels.map((channel, c) => {
      // Several channels have several chances to be unusual.
      const how = { isQuiet: settles, isTrained: this.#isTrained };
      const one = channel.next(atMs, values[c] as number, weeks * this.#channels.length, how);
      score = Math.max(score, one.score / this.#channels.length);
      return one.strength;
    });
    const perWeek = this.#channels[0]?.samplesPerWeek ?? 1;
    const related = this.#relations?.next(atMs, values, weeks * perWeek, settles);
    if (related) score = Math.max(score, related.apart / perWeek);
    const anomalous = this.#channels.some((channel) => channel.anomalous);
    const parts = !anomalous && this.#relations?.anomalous && related ? related.parts : partsOf(strengths);
    return { score, threshold: weeks, anomalous: anomalous || this.#relations?.anomalous === true, parts, expected };
  }

  /**
   * A person says that the last anomaly that had begun by then was normal. If it lasts, it ends; what is unusual in the same way, and not
   * much more, begins none from now on.
   * @param atMs in the series' time
   * @returns false: no such anomaly is remembered
   */
  wasNormal(atMs: number): boolean {
    const ofRelations = this.#relations?.beganBefore(atMs) ?? Number.NEGATIVE_INFINITY;
    const ofChannels = this.#channels.map((one) => one.beganBefore(atMs) ?? Number.NEGATIVE_INFINITY);
    const last = Math.max(ofRelations, ...ofChannels);
    if (!Number.isFinite(last)) return false;
    for (const channel of this.#channels) channel.wasNormal(atMs, last, TOGETHER);
    const together = (TOGETHER * WEEK_MS) / (this.#channels[0]?.samplesPerWeek ?? 1);
    if (last - ofRelations <= together) this.#relations?.wasNormal(ofRelations);
    return true;
  }

  state(): DetectorState {
    const relations = this.#relations?.state();
    return {
      format: 1,
      channels: this.#channels.map((channel) => channel.state()),
      ...(relations ? { relations } : {}),
    };
  }
}

function partsOf(strengths: readonly number[]): readonly number[] {
  const sum = strengths.reduce((total, strength) => total + strength, 0);
  return strengths.map((strength) => (sum > 0 ? strength / sum : 0));
}
