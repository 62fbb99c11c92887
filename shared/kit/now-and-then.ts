/** Reporting something frequent without flooding: at once the first time, then summed up, at most once per period. */
import type { Cancel, Clock } from './clock.ts';

export interface NowAndThen<T> {
  /**
   * The first of a key is reported at once. What follows within the period is reported together at its end: the latest of
   * it, with the sum of the amounts. After a period without any the next one is a first one again.
   */
  add(key: string, latest: T, amount?: number): void;
  /** Reports what is held back, and forgets everything: whatever comes next is a first one. */
  flush(): void;
}

interface Held<T> {
  sum: number;
  latest: T;
  cancel: Cancel;
}

/**
 * @param ms the period in milliseconds, of each key for itself
 * @param report is given the latest of a key, and the sum of the amounts since it was called last for it
 */
export function createNowAndThen<T>(
  clock: Clock,
  ms: number,
  report: (latest: T, sum: number, key: string) => void,
): NowAndThen<T> {
  const held = new Map<string, Held<T>>();

  const end = (key: string, entry: Held<T>) => {
    if (entry.sum === 0) return void held.delete(key);
    const { sum, latest } = entry;
    entry.sum = 0;
    entry.cancel = clock.after(ms, () => end(key, entry));
    report(latest, sum, key);
  };

  return {
    add(key, latest, amount = 1) {
      if (amount === 0) return;
      const known = held.get(key);
      if (known) {
        known.sum += amount;
        known.latest = latest;
        return;
      }
      const entry: Held<T> = { sum: amount, latest, cancel: () => undefined };
      held.set(key, entry);
      end(key, entry);
    },
    flush() {
      const all = [...held];
      held.clear();
      for (const [key, { sum, latest, cancel }] of all) {
        cancel();
        if (sum > 0) report(latest, sum, key);
      }
    },
  };
}

/**
 * The same for one kind of thing of which only the amount matters.
 * @param report is given the sum of the amounts since it was called last
 * @returns adds an amount; nothing that was added is forgotten
 */
export function nowAndThen(clock: Clock, ms: number, report: (sum: number) => void): (amount: number) => void {
  const each = createNowAndThen<undefined>(clock, ms, (_, sum) => report(sum));
  return (amount) => each.add('', undefined, amount);
}
