/**
 * The season of anomalies: a weekend on which a machine stands still is one, but not each time. What comes at the same time of a later week
 * and surprises no more than before begins none; and so does what comes at the same time of a third day, be it told before or not (a job
 * that runs each night), and surprises not much more. Bounded; pure.
 */
import { z } from 'zod';
import { DAY_MS } from '../../../kit/durations.ts';

const WEEK_MS = 7 * DAY_MS;
/** People are not on time, and clocks change by an hour. A series with longer steps has no time of the week. */
const NEAR_MS = 3_600_000;
/** Of a day; there are seven times as many chances to meet. */
const NEAR_OF_DAY_MS = NEAR_MS / 2;
const MOST = 16;
const MOST_PEAKS = 16;
/** From day to day one peak is so many times as strong as another. */
const VARIES = 1.25;

const peak = z.object({ atMs: z.number(), strength: z.number() });
type Peak = z.infer<typeof peak>;
/** Before peaks were kept it was the list of what was told. */
export const recurringState = z.union([
  z.object({ told: z.array(peak).max(MOST), peaks: z.array(peak).max(MOST_PEAKS) }),
  z
    .array(peak)
    .max(MOST)
    .transform((told): { told: Peak[]; peaks: Peak[] } => ({ told, peaks: [] })),
]);
export type RecurringState = z.infer<typeof recurringState>;

export class Recurring {
  readonly #told: Peak[];
  readonly #peaks: Peak[];

  constructor(state?: RecurringState) {
    this.#told = [...(state?.told ?? [])];
    this.#peaks = [...(state?.peaks ?? [])];
  }

  get isEmpty(): boolean {
    return this.#told.length + this.#peaks.length === 0;
  }

  /** An anomaly has begun. */
  began(atMs: number, strength: number): void {
    this.#told.push({ atMs, strength });
    if (this.#told.length > MOST) this.#told.shift();
  }

  /** A peak has come, whether an anomaly began with it or not. What grows is one. */
  peaked(atMs: number, strength: number): void {
    const last = this.#peaks.at(-1);
    if (last && atMs - last.atMs <= NEAR_OF_DAY_MS) {
      if (strength > last.strength) this.#peaks[this.#peaks.length - 1] = { atMs, strength };
      return;
    }
    this.#peaks.push({ atMs, strength });
    if (this.#peaks.length > MOST_PEAKS) this.#peaks.shift();
  }

  /** Is it what came at this time a week ago, or several, or on both days before? */
  isAgain(atMs: number, strength: number, stepMs: number): boolean {
    if (stepMs > NEAR_MS) return false;
    if (this.#told.some((one) => isWeeksLater(atMs, one) && strength <= one.strength)) return true;
    const [yesterday, before] = [1, 2].map((days) =>
      this.#peaks.filter((one) => Math.abs(atMs - one.atMs - days * DAY_MS) <= NEAR_OF_DAY_MS),
    );
    if (!yesterday?.length || !before?.length) return false;
    return strength <= VARIES * Math.max(...[...yesterday, ...before].map((one) => one.strength));
  }

  state(): RecurringState {
    return { told: [...this.#told], peaks: [...this.#peaks] };
  }
}

function isWeeksLater(atMs: number, one: Peak): boolean {
  const weeks = Math.round((atMs - one.atMs) / WEEK_MS);
  return weeks >= 1 && Math.abs(atMs - one.atMs - weeks * WEEK_MS) <= NEAR_MS;
}
