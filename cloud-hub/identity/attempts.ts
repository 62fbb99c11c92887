/**
 * Counts failed sign-ins: after `max` failures within `windowMs` whoever fails from that address is told to wait. All addresses
 * of an IPv6 network of 64 bits count as one. A valid credential passes at any time. Memory is bounded.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import { networkOf } from './network.ts';

/** Addresses remembered at once. With more, the one that failed longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Failures {
  count: number;
  readonly since: number;
}

export class FailedAttempts {
  readonly #clock: Clock;
  readonly #max: number;
  readonly #windowMs: number;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock, max = 10, windowMs = 15 * 60_000) {
    this.#clock = clock;
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /** Milliseconds that who fails from this address is told to wait; 0: he is not. */
  waitMs(address: string): number {
    const failures = this.#current(address);
    if (!failures || failures.count < this.#max) return 0;
    return failures.since + this.#windowMs - this.#clock.mono();
  }

  failed(address: string): void {
    const before = this.#current(address);
    const network = networkOf(address);
    this.#failures.delete(network);
    this.#failures.set(network, { count: (before?.count ?? 0) + 1, since: before?.since ?? this.#clock.mono() });
    if (this.#failures.size <= MAX_ADDRESSES) return;
    const oldest = this.#failures.keys().next().value;
    if (oldest !== undefined) this.#failures.delete(oldest);
  }

  succeeded(address: string): void {
    this.#failures.delete(networkOf(address));
  }

  #current(address: string): Failures | undefined {
    const failures = this.#failures.get(networkOf(address));
    return failures && this.#clock.mono() - failures.since < this.#windowMs ? failures : undefined;
  }
}
