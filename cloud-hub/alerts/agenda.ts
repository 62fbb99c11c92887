/** Which devices have to be looked at: those that something came of, and those whose time has come. */

const SECOND_MS = 1000;

export class Agenda {
  readonly #dirty = new Set<string>();
  /** By second since 1970. */
  readonly #later = new Map<number, Set<string>>();

  soon(device: string): void {
    this.#dirty.add(device);
  }

  /** @param at milliseconds since 1970 */
  later(device: string, at: number): void {
    const second = Math.ceil(at / SECOND_MS);
    const devices = this.#later.get(second) ?? new Set();
    devices.add(device);
    this.#later.set(second, devices);
  }

  /** Moves those whose time has come. @param now milliseconds since 1970 */
  due(now: number): void {
    for (const [second, devices] of this.#later) {
      if (second * SECOND_MS > now) continue;
      for (const device of devices) this.#dirty.add(device);
      this.#later.delete(second);
    }
  }

  /** The next ones, which are taken off. */
  take(most: number): string[] {
    const taken: string[] = [];
    for (const device of this.#dirty) {
      if (taken.length === most) break;
      taken.push(device);
      this.#dirty.delete(device);
    }
    return taken;
  }

  get isEmpty(): boolean {
    return this.#dirty.size === 0;
  }
}
