/**
 * Finds anomalies in a series of numbers as it runs: no training, no model file, bounded memory (about 64 kB per channel). It
 * learns level, spread, steps, windows, the time of day and shapes (features.ts), and gives an event the rate at which
 * something as unusual comes (events.ts). After a restart with its state it goes on as if nothing had been.
 */
import { z } from 'zod';
import { Events, eventsState } from './events.ts';
import { Features, featuresState } from './features.ts';
import { Known, knownState } from './known.ts';

const WEEK_MS = 7 * 86_400_000;
/** Larger values have squares that are no numbers. */
const LARGEST = 1e60;
/** Channels whose anomalies begin so few samples apart are unusual together. */
const TOGETHER = 10;
/** Until the time between samples is known. */
const STEP_MS = 300_000;

/** An anomaly is what comes less often than once in so many weeks. */
export const DEFAULT_WEEKS = 1.75;

const channelState = z.object({ features: featuresState, events: eventsState, known: knownState.optional() });
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
  readonly #channels: readonly { readonly features: Features; readonly events: Events; readonly known: Known }[];

  /** Samples until which nothing is told. */
  #settling: number;

  /**
   * @param state of a detector with as many channels; another one is not used
   * @param settling so many samples are compared with a past that they do not continue: they are learned, and nothing is told of them
   */
  constructor(channels: number, state?: DetectorState, settling = 0) {
    this.#settling = settling;
    const kept = state?.channels.length === channels ? state.channels : [];
    this.#channels = Array.from({ length: channels }, (_, c) => ({
      features: new Features(kept[c]?.features),
      events: new Events(kept[c]?.events),
      known: new Known(kept[c]?.known),
    }));
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
    const expected = this.#channels.map(({ features }) => features.expected());
    const strengths = this.#channels.map(({ features, events, known }, c) => {
      const strength = features.next(atMs, Math.min(LARGEST, Math.max(-LARGEST, values[c] as number)));
      // Several channels have several chances to be unusual.
      const samples = (WEEK_MS / (features.stepMs ?? STEP_MS)) * this.#channels.length;
      const wasAnomalous = events.anomalous;
      const usual = known.isEmpty ? undefined : () => known.isLike(features.surprises(), strength);
      score = Math.max(score, events.next(strength, weeks * samples, features.isLearning || settles, usual) / samples);
      if (events.anomalous && !wasAnomalous) known.began(atMs, features.surprises(), strength);
      else if (wasAnomalous && strength > 1) known.goesOn(features.surprises(), strength);
      return strength;
    });
    const sum = strengths.reduce((total, strength) => total + strength, 0);
    return {
      score,
      threshold: weeks,
      anomalous: this.#channels.some(({ events }) => events.anomalous),
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
    const last = Math.max(...this.#channels.map(({ known }) => known.lastBefore(atMs) ?? Number.NEGATIVE_INFINITY));
    if (!Number.isFinite(last)) return false;
    for (const { features, events, known } of this.#channels) {
      const began = known.lastBefore(atMs);
      if (began === undefined || last - began > TOGETHER * (features.stepMs ?? STEP_MS)) continue;
      known.learn(began);
      if (events.anomalous && known.lastBefore(Number.POSITIVE_INFINITY) === began) events.calmDown();
    }
    return true;
  }

  state(): DetectorState {
    return {
      format: 1,
      channels: this.#channels.map(({ features, events, known }) => {
        const told = known.state();
        return { features: features.state(), events: events.state(), ...(told ? { known: told } : {}) };
      }),
    };
  }
}
