/** When hours of alerts are open: their expressions are compiled once, and kept while there are not too many. */
import { createSchedule, schedule } from '../../shared/contract/config/schedule.ts';
import type { AlertHours } from '../contract/alert-hours.ts';

const MOST_KEPT = 1000;
const MINUTE_MS = 60_000;

export class Hours {
  readonly #compiled = new Map<string, (wall: number) => boolean>();

  /** @param now milliseconds since 1970 */
  isOpen(hours: AlertHours, now: number): boolean {
    const key = JSON.stringify(hours);
    const known = this.#compiled.get(key);
    if (known) return known(now);
    if (this.#compiled.size >= MOST_KEPT) this.#compiled.clear();
    const made = createSchedule(hours);
    this.#compiled.set(key, made);
    return made(now);
  }
}

/** When it has to be asked again: hours begin and end with a minute. */
export function nextMinute(now: number): number {
  return (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
}

/** What is wrong with hours that people gave, and where in them. */
export function whyNotHours(
  hours: AlertHours | undefined,
): readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] {
  return (hours && schedule.safeParse(hours).error?.issues) ?? [];
}
