/**
 * What silences and hours hold back, per rule: while a thousand devices are silent, each turn looks at what is new and not at all of them.
 * In memory; a change of rules or silences empties it.
 */
interface Holding {
  readonly since: number;
  readonly until: number;
  /** Rows up to this one were looked at. */
  readonly upTo: number;
}

/** Labels of devices change: what is held is looked at again at least so often. */
const MOST_MS = 60_000;

export class Held {
  readonly #rules = new Map<string, Holding>();

  /** Undefined: all of the rule has to be looked at. A wall clock that was set back holds nothing for longer. */
  get(rule: string, now: number): Holding | undefined {
    const found = this.#rules.get(rule);
    return found && found.since <= now && now < found.until ? found : undefined;
  }

  /** @param until when the first of them may be told. @returns when the rule has to be looked at again */
  hold(rule: string, upTo: number, now: number, until: number): number {
    const at = Math.min(until, now + MOST_MS);
    this.#rules.set(rule, { since: now, until: at, upTo });
    return at;
  }

  /** Nothing of the rule is held. */
  release(rule: string): void {
    this.#rules.delete(rule);
  }

  clear(): void {
    this.#rules.clear();
  }
}
