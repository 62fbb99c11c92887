/**
 * Estimates the hub's clock from batches and their acknowledgements: the hub read its clock after the batch left and before
 * its acknowledgement came (Cristian, "Probabilistic clock synchronization", 1989). The estimate is relative to the monotonic
 * clock, so that jumps of our wall clock change nothing.
 */
import type { Ack } from '../../shared/contract/messages/batch.ts';
import { includes } from '../../shared/kit/ranges.ts';

export interface HubClock {
  /** Milliseconds to add to the monotonic clock to have the hub's time since 1970. */
  readonly aheadOfMono: number;
  /** How wrong that may be, in milliseconds, when it was measured. */
  readonly withinMs: number;
  /** When that was, on the monotonic clock. */
  readonly at: number;
}

export interface WallOffset {
  /** Milliseconds to add to our wall clock to have the hub's time. */
  readonly offsetMs: number;
  readonly withinMs: number;
}

/** A cheap quartz drifts less than this, in milliseconds per millisecond. */
const DRIFT = 100e-6;

/**
 * Adds a measurement; the old one stays while it is still the more exact one.
 * @param hubTime what the hub read, milliseconds since 1970
 * @param sentAt when the batch left, on the monotonic clock
 * @param now when the acknowledgement came
 */
export function measured(before: HubClock | undefined, hubTime: number, sentAt: number, now: number): HubClock {
  const withinMs = Math.max(0, now - sentAt) / 2;
  if (before && withinMs > errorOf(before, now)) return before;
  return { aheadOfMono: hubTime - (sentAt + now) / 2, withinMs, at: now };
}

/** How far our wall clock is off now. */
export function offsetOf(clock: HubClock, wall: number, mono: number): WallOffset {
  return { offsetMs: clock.aheadOfMono + mono - wall, withinMs: errorOf(clock, mono) };
}

/** Measures the hub's clock by the batches of an uplink. */
export class HubClockMeter {
  /** When batches left, by their last number; only those that were sent once (Karn's algorithm, RFC 6298 3). */
  readonly #sentAt = new Map<number, number>();
  #clock: HubClock | undefined;

  /** Undefined before the first acknowledgement. */
  get clock(): HubClock | undefined {
    return this.#clock;
  }

  sent(to: number, now: number): void {
    this.#sentAt.set(to, now);
  }

  /** What was sent is not measured. */
  forget(): void {
    this.#sentAt.clear();
  }

  /** An acknowledgement of the epoch in which the batches were sent. */
  acknowledged({ upTo, ranges = [], at }: Ack, now: number): void {
    for (const [to, sentAt] of this.#sentAt) {
      // The answered batch is the one that ends where a settled range ends.
      if (at !== undefined && (to === upTo || ranges.some((range) => range.to === to)))
        this.#clock = measured(this.#clock, at, sentAt, now);
      if (to <= upTo || includes(ranges, to)) this.#sentAt.delete(to);
    }
  }
}

function errorOf({ withinMs, at }: HubClock, mono: number): number {
  return withinMs + Math.max(0, mono - at) * DRIFT;
}
