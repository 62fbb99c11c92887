/** Counts moments of a rule on a subject within a time; bounded by the count that the rule asks for. */

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
      this.#times.set(key, times);
      return undefined;
    }
    this.#times.delete(key);
    return times.length;
  }
}
