/**
 * How many things happened to each device in the last hour, in minutes.
 *
 * 1. An id counts once, whether it came by page or by feed. 2. Memory: 60 numbers a device that had anything, and the ids
 * of the last hour up to `MAX_IDS`. 3. What lies ahead of now, by a fast clock, counts once its minute has come.
 */
const MINUTES = 60;
const MINUTE_MS = 60_000;
const MAX_IDS = 20_000;

export class HourTally {
  readonly #minutes = new Map<string, Map<number, number>>();
  readonly #ids = new Set<string>();

  /** @param at milliseconds since 1970 */
  add(device: string, id: string, at: number): void {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    if (this.#ids.size > MAX_IDS) {
      const [oldest] = this.#ids;
      if (oldest !== undefined) this.#ids.delete(oldest);
    }
    const minutes = this.#minutes.get(device) ?? new Map<number, number>();
    const minute = Math.floor(at / MINUTE_MS);
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    this.#minutes.set(device, minutes);
  }

  /** Counts by device over the hour before `now`; forgets what is older. */
  totals(now: number): ReadonlyMap<string, number> {
    const last = Math.floor(now / MINUTE_MS);
    const first = last - MINUTES + 1;
    const totals = new Map<string, number>();
    for (const [device, minutes] of this.#minutes) {
      let sum = 0;
      for (const [minute, n] of minutes) {
        if (minute < first || minute > last + MINUTES) minutes.delete(minute);
        else if (minute <= last) sum += n;
      }
      if (sum > 0) totals.set(device, sum);
      if (minutes.size === 0) this.#minutes.delete(device);
    }
    return totals;
  }

  clear(): void {
    this.#minutes.clear();
    this.#ids.clear();
  }
}
