/**
 * Two lanes to the hub: new records go first, and a backlog (after an outage, or over a slow line) follows beside them at a rate of
 * its own. Pure; each lane is a window (window.ts).
 *
 * Invariants:
 * 1. There is one lane until there is a backlog and the hub names settled numbers above `upTo` (`ranges`). Then `backfill` has
 *    the numbers up to `to`, and `live` those above. They become one lane again when `backfill` is done.
 * 2. A lane's `acked` rises only over numbers that the hub has settled; it does not matter in which lane they were sent.
 * 3. Both lanes together have at most `maxFlights` flights, and neither lane can take all of them.
 */
import type { Ack } from '../../shared/contract/messages/batch.ts';
import {
  acknowledged,
  confirmed,
  cursorOf,
  decide,
  type Flight,
  failed,
  openWindow,
  reconnected,
  sent,
  type Window,
  type WindowLimits,
} from './window.ts';

export interface Backfill {
  readonly window: Window;
  /** Its last number. */
  readonly to: number;
  /** Nothing more is sent before that time. */
  readonly notBefore: number;
}

export interface Lanes {
  readonly live: Window;
  readonly backfill: Backfill | undefined;
  /** The hub names settled numbers above `upTo`. */
  readonly ranged: boolean;
}

export type Lane = 'live' | 'backfill';

export interface LaneLimits extends WindowLimits {
  /** More unsent records than this are a backlog. */
  readonly backlog: number;
  /** Records per second of the backfill lane. */
  readonly backfillPerSecond: number;
}

export type LaneDecision =
  /** Send numbers above `after`, at most `limit` records, none above `upTo`. */
  | {
      readonly kind: 'send';
      readonly lane: Lane;
      readonly after: number;
      readonly limit: number;
      readonly upTo: number;
    }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'silent' }
  | { readonly kind: 'idle' };

/** One lane that sends everything from `base` on. */
export function openLanes(epoch: string, base: number, share: number): Lanes {
  return { live: openWindow(epoch, base, share), backfill: undefined, ranged: false };
}

export function flightsOf({ live, backfill }: Lanes): number {
  return live.flights.length + (backfill?.window.flights.length ?? 0);
}

/** The batches that are on their way, in both lanes. */
export function inFlight({ live, backfill }: Lanes): readonly Flight[] {
  return [...live.flights, ...(backfill?.window.flights ?? [])];
}

/**
 * Gives a backlog a lane of its own, and joins the lanes when the backlog is done.
 * @param lastSeq the last number that the outbox has given
 * @param base the lowest number that it still holds; counts only where there is a backfill
 */
export function arranged(lanes: Lanes, lastSeq: number, base: number, limits: LaneLimits): Lanes {
  const { live, backfill, ranged } = lanes;
  // Beside a backfill: a live lane with flights is moving, so it is no backlog.
  const mayDivide = ranged && (!backfill || live.flights.length === 0);
  const backlog = mayDivide && lastSeq - cursorOf(live) > limits.backlog;
  if (backfill && !backlog) {
    const { window, to } = backfill;
    const through = window.acked >= to || (window.flights.length === 0 && base > to);
    return through ? { live, backfill: undefined, ranged } : lanes;
  }
  if (!backlog) return lanes;
  const window = backfill?.window ?? live;
  return {
    live: openWindow(live.epoch, lastSeq + 1, live.share),
    backfill: { window, to: lastSeq, notBefore: backfill?.notBefore ?? 0 },
    ranged,
  };
}

/**
 * What to do next; see `decide` of window.ts.
 * @param waitingSince when the oldest record of the live lane that was not sent came to be known
 */
export function decideLanes(
  { live, backfill }: Lanes,
  now: number,
  lastSeq: number,
  waitingSince: number,
  limits: LaneLimits,
): LaneDecision {
  const { maxFlights } = limits;
  const full = flightsOf({ live, backfill, ranged: true }) >= maxFlights;
  const each = { ...limits, maxFlights: full ? 0 : backfill ? Math.max(1, maxFlights - 1) : maxFlights };
  const first = decide(live, now, lastSeq, waitingSince, each);
  if (first.kind === 'send') return { ...first, lane: 'live', upTo: lastSeq };
  if (!backfill || first.kind === 'silent') return first;
  const paced = { ...each, maxFlights: now < backfill.notBefore ? 0 : each.maxFlights };
  const second = decide(backfill.window, now, backfill.to, now - limits.lingerMs, paced);
  if (second.kind === 'send') return { ...second, lane: 'backfill', upTo: backfill.to };
  if (second.kind === 'silent') return second;
  const waits = [
    ...(first.kind === 'wait' ? [first.ms] : []),
    ...(second.kind === 'wait' ? [second.ms] : []),
    ...(now < backfill.notBefore ? [backfill.notBefore - now] : []),
  ];
  return waits.length > 0 ? { kind: 'wait', ms: Math.min(...waits) } : { kind: 'idle' };
}

/** A batch of `records` was handed over; it begins right behind the lane's cursor and covers numbers up to `to`. */
export function sentOn(lanes: Lanes, lane: Lane, to: number, records: number, now: number, limits: LaneLimits): Lanes {
  const { backfill } = lanes;
  if (lane === 'live' || !backfill) return { ...lanes, live: sent(lanes.live, to) };
  const notBefore = Math.max(now, backfill.notBefore) + (records * 1000) / limits.backfillPerSecond;
  return { ...lanes, backfill: { ...backfill, window: sent(backfill.window, to), notBefore } };
}

/** The outbox had nothing for a lane: it is asked again at `notBefore`. */
export function deferred(lanes: Lanes, lane: Lane, notBefore: number): Lanes {
  const { live, backfill } = lanes;
  if (lane === 'live' || !backfill) return { ...lanes, live: { ...live, notBefore } };
  return { ...lanes, backfill: { ...backfill, notBefore: Math.max(backfill.notBefore, notBefore) } };
}

/** The broker has the batch that ends at `to`. */
export function confirmedOn(lanes: Lanes, to: number, now: number): Lanes {
  return both(lanes, (window) => confirmed(window, to, now));
}

/** The highest number for which everything above `acked` is settled. */
export function reachOf({ upTo, ranges = [] }: Pick<Ack, 'upTo' | 'ranges'>, acked: number): number {
  let reach = Math.max(upTo, acked);
  for (const range of ranges) if (range.from <= reach + 1) reach = Math.max(reach, range.to);
  return reach;
}

/** The hub acknowledged. */
export function acknowledgedOn(lanes: Lanes, ack: Ack, now: number, limits: LaneLimits): Lanes {
  const ranged = ack.ranges !== undefined;
  const { backfill } = lanes;
  // A hub that knows only one lane: go back to where it has everything.
  const live = backfill && !ranged ? reconnected(backfill.window) : lanes.live;
  const known: Lanes = ranged ? { ...lanes, ranged } : { live, backfill: undefined, ranged };
  const reaches = (window: Window, to: number) => Math.min(to, reachOf(ack, window.acked));
  const news =
    reaches(known.live, Number.POSITIVE_INFINITY) > known.live.acked ||
    (known.backfill && reaches(known.backfill.window, known.backfill.to) > known.backfill.window.acked);
  return both(known, (window, to) => {
    const reach = reaches(window, to);
    // An acknowledgement that moves one lane is no missing progress of the other.
    return news && reach <= window.acked ? window : acknowledged(window, reach, now, limits);
  });
}

/** Did an acknowledgement settle anything new? */
export function isFurther(before: Lanes, after: Lanes): boolean {
  const of = ({ live, backfill }: Lanes) => live.acked + (backfill?.window.acked ?? 0);
  return of(after) > of(before);
}

/** As `failed` of window.ts, for both. */
export function failedOn(lanes: Lanes, now: number, ms: number, records?: number): Lanes {
  return both(lanes, (window) => failed(window, now, ms, records));
}

/** The connection is new: what was on its way may be lost, and the hub may be another. */
export function reconnectedOn(lanes: Lanes): Lanes {
  return both(lanes, reconnected);
}

/** The last number that a lane sent, or else had acknowledged. */
export function cursorOn({ live, backfill }: Lanes, lane: Lane): number {
  return cursorOf(lane === 'backfill' && backfill ? backfill.window : live);
}

function both(lanes: Lanes, change: (window: Window, to: number) => Window): Lanes {
  const { live, backfill } = lanes;
  return {
    ...lanes,
    live: change(live, Number.POSITIVE_INFINITY),
    backfill: backfill && { ...backfill, window: change(backfill.window, backfill.to) },
  };
}
