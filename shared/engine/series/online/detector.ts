/**
 * Finds anomalies in a series of numbers as it runs: no training, no model file, bounded memory (about 64 kB per channel). It
 * learns level, spread, steps, windows, the time of day and shapes (features.ts), of a counter those of its increase (counting.ts), and
 * gives an event the rate at which something as unusual comes (events.ts), or none if it comes each day or week (recurring.ts). After a restart with its state it goes on as if nothing had been.
 */
import { z } from 'zod';
import { Channel, channelState } from './channel.ts';

/** Channels whose anomalies begin so few samples apart are unusual together. */
const TOGETHER = 10;

/** An anomaly is what comes less often than once in so many weeks. */
export const DEFAULT_WEEKS = 1.75;

export const detectorState = z.object({ format: z.literal(1), channels: z.array(channelState).min(1).max(64) });
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

export class Detector {
  readonly #channels: readonly Channel[];

  /** Samples until which nothing is told. */
  #settling: number;

  /**
   * @param state of a detector with as many channels; another one is not used
   * @param settling so many samples are compared with a past that they do not continue: they are learned, and nothing is told of them
   */
  constructor(channels: number, state?: DetectorState, settling = 0) {
    this.#settling = settling;
    const kept = state?.channels.length === channels ? state.channels : [];
    this.#channels = Array.from({ length: channels }, (_, c) => new Channel(kept[c]));
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
      const one = channel.next(atMs, values[c] as number, weeks * this.#channels.length, settles);
      score = Math.max(score, one.score / this.#channels.length);
      return one.strength;
    });
    const sum = strengths.reduce((total, strength) => total + strength, 0);
    return {
      score,
      threshold: weeks,
      anomalous: this.#channels.some((channel) => channel.anomalous),
      parts: strengths.map((strength) => (sum > 0 ? strength / sum : 0)),
      expected,
    };
  }

  /**
   * A person says that the last anomaly that had begun by then was normal. If it lasts, it ends; what is unusual in the same way, and not
   * much more, begins none from now on.
   * @param atMs in the series' time
   * @returns false: no such anomaly is remembered
   */
  wasNormal(atMs: number): boolean {
    const last = Math.max(...this.#channels.map((one) => one.beganBefore(atMs) ?? Number.NEGATIVE_INFINITY));
    if (!Number.isFinite(last)) return false;
    for (const channel of this.#channels) channel.wasNormal(atMs, last, TOGETHER);
    return true;
  }

  state(): DetectorState {
    return { format: 1, channels: this.#channels.map((channel) => channel.state()) };
  }
}
