/**
 * What the hub's clock says, estimated from batches and their acknowledgements: the hub read its clock between the moment a
 * batch left and the moment its acknowledgement came (Cristian, "Probabilistic clock synchronization", 1989). Kept against the
 * monotonic clock, so that jumps of our wall clock change nothing. Pure.
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

/** A cheap quartz drifts less than that, in milliseconds a millisecond. */
const DRIFT = 100e-6;

/**
 * Takes a measurement in; keeps the old one while that is still the better one.
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
