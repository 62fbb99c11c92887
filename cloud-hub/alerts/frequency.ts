/**
 * Counts moments of a rule on a subject within a time; bounded by the count that the rule asks for, and in subjects: devices choose
 * their names. Of more than these, those are forgotten that were silent for longest.
 */
export const MOST_COUNTED = 20_000;

export class Frequency {
  readonly #times = new Map<string, number[]>();

  /**
   * Notes a moment.
   * @returns how many moments of the last `withinMs` the rule has seen, if these are `count` or more; then it starts anew
   */
  reached(key: string, at: number, count: number, withinMs: number): number | undefined {
    if (count <= 1) return 1;
    const times = [...(this.#times.get(key) ?? []), at].filter((one) => at - one < withinMs);
    if (times.length < count) {
      this.#times.delete(key);
      this.#times.set(key, times);
      const oldest = this.#times.size > MOST_COUNTED ? this.#times.keys().next().value : undefined;
      if (oldest !== undefined) this.#times.delete(oldest);
      return undefined;
    }
    this.#times.delete(key);
    return times.length;
  }
}
