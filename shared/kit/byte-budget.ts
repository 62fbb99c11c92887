/** How many bytes each of many may say: a token bucket per name. */
import type { Clock } from './clock.ts';

export interface ByteLimits {
  /** Bytes at once, after a pause. */
  readonly burst: number;
  /** Bytes per second after that. */
  readonly perS: number;
}

interface Bucket {
  left: number;
  at: number;
}

export class ByteBudget {
  readonly #clock: Clock;
  readonly #limits: ByteLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, limits: ByteLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** May it say something now? */
  hasRoom(name: string): boolean {
    return this.#left(name) > 0;
  }

  /** Notes that it has said so many bytes. One message may be larger than what is left; then it waits longer afterwards. */
  spend(name: string, bytes: number): void {
    this.#buckets.set(name, { left: this.#left(name) - bytes, at: this.#clock.mono() });
  }

  #left(name: string): number {
    const { burst, perS } = this.#limits;
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.left + ((this.#clock.mono() - bucket.at) / 1000) * perS);
  }
}
