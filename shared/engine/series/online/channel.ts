/** One channel of a series: what its samples say (features.ts, of a counter of its increase), and which of it is an event. */
import { z } from 'zod';
import { Counting, countingState } from './counting.ts';
import { Drift, driftState } from './drift.ts';
import { EVENT_SETTINGS, Events, eventsState } from './events.ts';
import { Features, featuresState } from './features.ts';
import { Frozen, frozenState } from './frozen.ts';
import { Known, knownState } from './known.ts';
import { Recurring, recurringState } from './recurring.ts';

const WEEK_MS = 7 * 86_400_000;
/** Larger values have squares that are no numbers. */
const LARGEST = 1e60;
/** Until the time between samples is known. */
const STEP_MS = 300_000;
/** As strong a sample may come again the next day. */
const PEAK = EVENT_SETTINGS.floor;
/** As strong a sample goes on with the anomaly that lasts. */
const GOES_ON = 1;
/** The strength of a value that has frozen, and of a drift: as of a spike that never was. */
const TOLD = 4.5;

export const channelState = z.object({
  features: featuresState,
  events: eventsState,
  known: knownState.optional(),
  recurring: recurringState.optional(),
  counting: countingState.optional(),
  frozen: frozenState.optional(),
  drift: driftState.optional(),
  /** What may yet be the beginning of an anomaly (invariant 5 of events.ts). */
  doubted: z.object({ atMs: z.number(), surprises: z.array(z.number()).max(64), strength: z.number() }).optional(),
});
export type ChannelState = z.infer<typeof channelState>;

export class Channel {
  #features: Features;
  #events: Events;
  readonly #known: Known;
  readonly #recurring: Recurring;
  readonly #counting: Counting;
  readonly #frozen: Frozen;
  readonly #drift: Drift;
  #doubted: ChannelState['doubted'];

  constructor(state?: ChannelState) {
    this.#features = new Features(state?.features);
    this.#events = new Events(state?.events);
    this.#known = new Known(state?.known);
    this.#recurring = new Recurring(state?.recurring);
    this.#counting = new Counting(state?.counting);
    this.#frozen = new Frozen(state?.frozen);
    this.#drift = new Drift(state?.drift);
    this.#doubted = state?.doubted;
  }

  get anomalous(): boolean {
    return this.#events.anomalous;
  }

  get samplesPerWeek(): number {
    return WEEK_MS / (this.#features.stepMs ?? STEP_MS);
  }

  /** Between which values the next sample is expected; undefined while too little is known. */
  expected(): readonly [low: number, high: number] | undefined {
    const band = this.#features.expected();
    const from = this.#counting.from ?? 0;
    return band && [from + band[0], from + band[1]];
  }

  /**
   * @param atMs milliseconds since 1970, later than the sample before
   * @param weeks an anomaly comes less often than once in so many weeks
   * @param how `isQuiet`: the sample is learned, and nothing begins with it; `isTrained`: it is never young
   * @returns how unusual it is, and in how many weeks something as unusual comes once
   */
  next(
    atMs: number,
    sample: number,
    weeks: number,
    { isQuiet, isTrained }: { readonly isQuiet: boolean; readonly isTrained: boolean },
  ): { readonly strength: number; readonly score: number } {
    const bounded = Math.min(LARGEST, Math.max(-LARGEST, sample));
    const { value, anew } = this.#counting.next(bounded, this.#features.stepsUntil(atMs));
    if (anew) [this.#features, this.#events] = [new Features(), new Events()];
    const [features, events, known, recurring] = [this.#features, this.#events, this.#known, this.#recurring];
    const frozen = this.#frozen.next(value);
    const drift = this.#drift.next(value, features.age < WEEK_MS, events.anomalous);
    const begins = frozen === 'begins' || drift === 'begins';
    const strength = Math.max(features.next(atMs, value), begins ? TOLD : 0);
    const stepMs = features.stepMs ?? STEP_MS;
    const samples = this.samplesPerWeek;
    const wasAnomalous = events.anomalous;
    const excused = (isOne: boolean) => {
      if (isOne) this.#drift.excuse();
      return isOne;
    };
    const isAgain = () => excused(recurring.isAgain(atMs, strength, stepMs));
    const isNormal = known.isEmpty ? undefined : () => excused(known.isLike(features.surprises(), strength));
    const asked = { isNormal, isAgain, youngFor: isTrained ? 0 : samples };
    const apart = events.next(strength, weeks * samples, features.isLearning || isQuiet, asked);
    if (frozen === 'lasts' || drift === 'lasts') events.goesOn();
    if (strength > PEAK) recurring.peaked(atMs, strength);
    if (events.doubtedFor === 0) this.#doubted = { atMs, surprises: [...features.surprises()], strength };
    if (events.anomalous && !wasAnomalous) {
      const began = this.#doubted ?? { atMs, surprises: features.surprises(), strength };
      known.began(began.atMs, began.surprises, began.strength);
      recurring.began(began.atMs, began.strength);
    } else if (wasAnomalous && strength > GOES_ON) known.goesOn(features.surprises(), strength);
    if (events.doubtedFor === undefined) this.#doubted = undefined;
    return { strength, score: apart / samples };
  }

  /** When the last anomaly began that had begun by then; undefined: it is not remembered. */
  beganBefore(atMs: number): number | undefined {
    return this.#known.lastBefore(atMs);
  }

  /**
   * A person says that the last anomaly that had begun by then was normal, and that one began at about `atMs`.
   * @param together so many samples later is about the same time
   */
  wasNormal(byMs: number, atMs: number, together: number): void {
    const began = this.#known.lastBefore(byMs);
    if (began === undefined || atMs - began > together * (this.#features.stepMs ?? STEP_MS)) return;
    this.#known.learn(began);
    if (this.anomalous && this.#known.lastBefore(Number.POSITIVE_INFINITY) === began) this.#events.calmDown();
  }

  state(): ChannelState {
    const known = this.#known.state();
    return {
      features: this.#features.state(),
      events: this.#events.state(),
      ...(known ? { known } : {}),
      ...(this.#recurring.isEmpty ? {} : { recurring: this.#recurring.state() }),
      counting: this.#counting.state(),
      frozen: this.#frozen.state(),
      drift: this.#drift.state(),
      ...(this.#doubted ? { doubted: this.#doubted } : {}),
    };
  }
}
