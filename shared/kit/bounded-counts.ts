/** Counts by names that strangers choose. Of so many names no new one is taken, so that whoever invents names fills no memory. */
export class BoundedCounts {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns false: there is no room for this name, and it does not count */
  add(name: string): boolean {
    const before = this.#counts.get(name);
    if (before === undefined && this.#counts.size >= this.#most) return false;
    this.#counts.set(name, (before ?? 0) + 1);
    return true;
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Where it is full, it forgets all but these. */
  makeRoom(known: () => Iterable<string>): void {
    if (this.#counts.size < this.#most) return;
    const kept = new Set(known());
    for (const name of [...this.#counts.keys()]) if (!kept.has(name)) this.#counts.delete(name);
  }

  all(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
