/**
 * The decisions of one lane of the uplink, apart from their effects: a sliding window of batches with go-back-N and cumulative
 * acknowledgements. After three acknowledgements without progress it goes back at once (fast retransmit, RFC 5681 3.2). The
 * size of a batch halves with each failure and doubles with each success, so that a slow line gets batches that it can carry.
 *
 * Invariants:
 * 1. Flights follow each other without a hole: the first begins right after `acked`, the last ends at `cursor`.
 * 2. `acked` never falls within an epoch; only an acknowledgement of that epoch raises it.
 * 3. There are at most `maxFlights` flights, and none is sent before `notBefore`.
 *
 * Times are milliseconds of the monotonic clock.
 */
export interface Flight {
  readonly from: number;
  readonly to: number;
  /** When the broker confirmed the batch; undefined before. From then on the hub has `ackTimeoutMs`. */
  readonly confirmedAt: number | undefined;
}

export interface Window {
  readonly epoch: string;
  /** Every number up to it is settled. */
  readonly acked: number;
  readonly flights: readonly Flight[];
  /** Records in the next batch at most. */
  readonly share: number;
  /** Failures in a row. */
  readonly failures: number;
  readonly notBefore: number;
  /** Acknowledgements in a row that settled nothing new. */
  readonly stalled: number;
}

export interface WindowLimits {
  readonly maxFlights: number;
  readonly maxRecords: number;
  /** A batch that is not full waits this long for more records. */
  readonly lingerMs: number;
  readonly ackTimeoutMs: number;
}

export type Decision =
  | { readonly kind: 'send'; readonly after: number; readonly limit: number }
  /** Nothing to do before `ms` have passed, or something happens. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** The hub was silent for too long: call `failed`. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'idle' };

const STALLED_TOO_OFTEN = 3;

/** A window that sends everything from `base` on. */
export function openWindow(epoch: string, base: number, share: number): Window {
  return { epoch, acked: base - 1, flights: [], share, failures: 0, notBefore: 0, stalled: 0 };
}

/** The last number that was sent, or else acknowledged. */
export function cursorOf(window: Window): number {
  return window.flights.at(-1)?.to ?? window.acked;
}

/**
 * What to do next.
 * @param lastSeq the last number that the outbox has given
 * @param waitingSince when the oldest record that was not sent came to be known
 */
export function decide(
  window: Window,
  now: number,
  lastSeq: number,
  waitingSince: number,
  limits: WindowLimits,
): Decision {
  const confirmedAt = window.flights[0]?.confirmedAt;
  const silentAt = confirmedAt === undefined ? Number.POSITIVE_INFINITY : confirmedAt + limits.ackTimeoutMs;
  if (now >= silentAt) return { kind: 'silent' };
  const unsent = lastSeq - cursorOf(window);
  let sendAt = Number.POSITIVE_INFINITY;
  if (unsent > 0 && window.flights.length < limits.maxFlights) {
    sendAt = Math.max(window.notBefore, unsent >= window.share ? now : waitingSince + limits.lingerMs);
    if (now >= sendAt) return { kind: 'send', after: cursorOf(window), limit: window.share };
  }
  const next = Math.min(silentAt, sendAt);
  return Number.isFinite(next) ? { kind: 'wait', ms: next - now } : { kind: 'idle' };
}

/** A batch was handed over; it begins right behind the cursor and covers numbers up to `to`. */
export function sent(window: Window, to: number): Window {
  const flight: Flight = { from: cursorOf(window) + 1, to, confirmedAt: undefined };
  return { ...window, flights: [...window.flights, flight] };
}

/** The broker has the batch that ends at `to`. */
export function confirmed(window: Window, to: number, now: number): Window {
  const flights = window.flights.map((f) =>
    f.to === to && f.confirmedAt === undefined ? { ...f, confirmedAt: now } : f,
  );
  return { ...window, flights };
}

/** The hub acknowledged up to `upTo`. */
export function acknowledged(window: Window, upTo: number, now: number, limits: WindowLimits): Window {
  if (upTo <= window.acked) {
    // Before the broker has the first flight, the acknowledgement can only be about earlier ones (a hub commits several at once).
    const stalled = window.flights[0]?.confirmedAt === undefined ? window.stalled : window.stalled + 1;
    return stalled === STALLED_TOO_OFTEN ? { ...window, flights: [], stalled } : { ...window, stalled };
  }
  const flights = window.flights.filter((f) => f.to > upTo);
  const whole = flights.length < window.flights.length;
  return {
    ...window,
    acked: upTo,
    // There is progress, so the hub is alive: its time for the rest starts again.
    flights: flights.map((f) => ({
      ...f,
      from: Math.max(f.from, upTo + 1),
      confirmedAt: f.confirmedAt === undefined ? undefined : now,
    })),
    share: whole ? Math.min(limits.maxRecords, window.share * 2) : window.share,
    failures: 0,
    notBefore: 0,
    stalled: 0,
  };
}

/**
 * A batch could not be handed over, or the hub stayed silent: back to the first unacknowledged, smaller, after `ms`.
 * @param records in the batch that failed, where that is known
 */
export function failed(window: Window, now: number, ms: number, records = Number.POSITIVE_INFINITY): Window {
  return {
    ...window,
    flights: [],
    share: Math.max(1, Math.floor(Math.min(window.share, records) / 2)),
    failures: window.failures + 1,
    notBefore: now + ms,
    stalled: 0,
  };
}

/** The connection is new: what was on its way may be lost. */
export function reconnected(window: Window): Window {
  return { ...window, flights: [], notBefore: 0, stalled: 0 };
}
