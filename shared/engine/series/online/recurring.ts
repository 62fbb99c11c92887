/**
 * The season of anomalies: a weekend on which a machine stands still is one, but not each time. What comes at the same time of a later week,
 * or at the same time on the third day, and surprises no more than before, begins none. Bounded; pure.
 */
import { z } from 'zod';
import { DAY_MS } from '../../../kit/durations.ts';

const WEEK_MS = 7 * DAY_MS;
/** People are not on time, and clocks change by an hour. A series with longer steps has no time of the week. */
const NEAR_MS = 3_600_000;
/** Of a day; there are seven times as many chances to meet. */
const NEAR_OF_DAY_MS = NEAR_MS / 2;
const MOST = 16;

const told = z.object({ atMs: z.number(), strength: z.number() });
export const recurringState = z.array(told).max(MOST);
export type RecurringState = z.infer<typeof recurringState>;
type Told = z.infer<typeof told>;

export class Recurring {
  readonly #told: Told[];

  constructor(state: RecurringState = []) {
    this.#told = [...state];
  }

  get isEmpty(): boolean {
    return this.#told.length === 0;
  }

  /** An anomaly has begun. */
  began(atMs: number, strength: number): void {
    this.#told.push({ atMs, strength });
    if (this.#told.length > MOST) this.#told.shift();
  }

  /** Is it what came at this time a week ago, or several, or on both days before? Then the coming days know it too. */
  isAgain(atMs: number, strength: number, stepMs: number): boolean {
    if (stepMs > NEAR_MS) return false;
    if (this.#told.some((one) => isWeeksLater(atMs, one) && strength <= one.strength)) return true;
    const [yesterday, before] = [1, 2].map((days) =>
      this.#told.find((one) => Math.abs(atMs - one.atMs - days * DAY_MS) <= NEAR_OF_DAY_MS),
    );
    if (!yesterday || !before) return false;
    const strongest = Math.max(yesterday.strength, before.strength);
    if (strength > strongest) return false;
    this.began(atMs, strongest);
    return true;
  }

  state(): RecurringState {
    return [...this.#told];
  }
}

function isWeeksLater(atMs: number, one: Told): boolean {
  const weeks = Math.round((atMs - one.atMs) / WEEK_MS);
  return weeks >= 1 && Math.abs(atMs - one.atMs - weeks * WEEK_MS) <= NEAR_MS;
}
