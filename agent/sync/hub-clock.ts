/**
 * Estimates the hub's clock from batches and their acknowledgements: the hub read its clock after the batch left and before
 * its acknowledgement came (Cristian, "Probabilistic clock synchronization", 1989). The estimate is relative to the monotonic
 * clock, so that jumps of our wall clock change nothing. Pure.
 */
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

function errorOf({ withinMs, at }: HubClock, mono: number): number {
  return withinMs + Math.max(0, mono - at) * DRIFT;
}
