/**
 * How much one device may tell those who follow: a token bucket of bytes per device. A device that says more is left out
 * until it has room again, so that it cannot make slow viewers lose their connection. What is left out is in the lists.
 */
import type { Clock } from '../../shared/kit/clock.ts';

/** At once, and per second: an honest device tells some kilobytes per second, and a report once per minute. */
export const LIVE_BURST_BYTES = 512 * 1024;
export const LIVE_BYTES_PER_S = 32 * 1024;

interface Bucket {
  left: number;
  at: number;
}

export class LiveBudget {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** May it tell something now? */
  hasRoom(device: string): boolean {
    return this.#left(device) > 0;
  }

  /** Notes that it has told so many bytes. One message may be larger than what is left; then it waits longer afterwards. */
  spend(device: string, bytes: number): void {
    this.#buckets.set(device, { left: this.#left(device) - bytes, at: this.#clock.mono() });
  }

  #left(device: string): number {
    const { left, at } = this.#buckets.get(device) ?? { left: LIVE_BURST_BYTES, at: 0 };
    return Math.min(LIVE_BURST_BYTES, left + ((this.#clock.mono() - at) / 1000) * LIVE_BYTES_PER_S);
  }
}
