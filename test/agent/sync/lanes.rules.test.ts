import { describe, expect, test } from 'vitest';
import {
  acknowledgedOn,
  arranged,
  confirmedOn,
  cursorOn,
  decideLanes,
  deferred,
  failedOn,
  flightsOf,
  isFurther,
  type LaneLimits,
  type Lanes,
  openLanes,
  reconnectedOn,
  sentOn,
} from '../../../agent/sync/lanes.ts';

const limits: LaneLimits = {
  maxFlights: 4,
  maxRecords: 16,
  lingerMs: 250,
  ackTimeoutMs: 10_000,
  backlog: 40,
  backfillPerSecond: 1000,
};

describe('each rule on both sides of its bound', () => {
  const flight = (from: number, to: number, confirmedAt?: number) => ({ from, to, confirmedAt });
  const one = { ...openLanes('e', 11, 16), ranged: true };
  const window = (acked: number, more: Partial<Lanes['live']> = {}) => ({
    ...openLanes('e', acked + 1, 16).live,
    ...more,
  });
  const two = (live: Lanes['live'], backfill: Lanes['live'], to: number, notBefore = 0): Lanes => ({
    live,
    backfill: { window: backfill, to, notBefore },
    ranged: true,
  });

  test('a backlog is more than so many unsent records, of a hub that tells of ranges', () => {
    expect(arranged(one, 50, 11, limits)).toBe(one);
    expect(arranged(one, 51, 11, limits)).toEqual(two(window(51), one.live, 51));
    expect(arranged({ ...one, ranged: false }, 51, 11, limits)).toEqual({ ...one, ranged: false });
    // What is on its way is sent.
    const busy = { ...one, live: window(10, { share: 4, flights: [flight(11, 14, 5)] }) };
    expect(arranged(busy, 54, 11, limits)).toBe(busy);
    expect(arranged(busy, 55, 11, limits)).toEqual(two(window(55, { share: 4 }), busy.live, 55));
  });

  test('a live lane that stands still behind a backlog becomes part of it', () => {
    const lanes = two(window(100), window(20, { flights: [flight(21, 36, 5)] }), 100, 77);
    expect(arranged(lanes, 140, 21, limits)).toBe(lanes);
    const wider = arranged(lanes, 141, 21, limits);
    expect(wider).toEqual(two(window(141), window(20, { flights: [flight(21, 36, 5)] }), 141, 77));
    const moving = { ...lanes, live: window(100, { flights: [flight(101, 116)] }) };
    expect(arranged(moving, 500, 21, limits)).toBe(moving);
  });

  test('the lanes become one when the backlog is settled, or nothing of it is held', () => {
    const live = window(120);
    const together = { live, backfill: undefined, ranged: true };
    expect(arranged(two(live, window(99), 100), 120, 100, limits).backfill).toBeDefined();
    expect(arranged(two(live, window(100), 100), 120, 100, limits)).toEqual(together);
    expect(arranged(two(live, window(50), 100), 120, 101, limits)).toEqual(together);
    // What is on its way may be refused, and the hub tells of it.
    const busy = two(live, window(50, { flights: [flight(51, 60)] }), 100);
    expect(arranged(busy, 120, 101, limits)).toBe(busy);
  });

  test('neither lane takes all flights, and a lane that is full waits for the other', () => {
    const flights = (from: number, many: number) =>
      Array.from({ length: many }, (_, i) => flight(from + i, from + i, 1_000));
    const decision = (live: number, backfill: number, most = 4) =>
      decideLanes(
        two(window(100, { flights: flights(101, live) }), window(20, { flights: flights(21, backfill) }), 90),
        1_000,
        200,
        1_000,
        { ...limits, maxFlights: most },
      );
    expect(decision(2, 0)).toMatchObject({ kind: 'send', lane: 'live', after: 102 });
    expect(decision(3, 0)).toEqual({ kind: 'send', lane: 'backfill', after: 20, limit: 16, upTo: 90 });
    expect(decision(3, 1)).toEqual({ kind: 'wait', ms: 10_000 });
    expect(decision(0, 3)).toMatchObject({ kind: 'send', lane: 'live', after: 100, upTo: 200 });
    expect(decision(1, 3)).toEqual({ kind: 'wait', ms: 10_000 });
    expect(decision(0, 0, 1)).toMatchObject({ kind: 'send', lane: 'live' });
    expect(decision(1, 0, 1)).toEqual({ kind: 'wait', ms: 10_000 });
    const alone = { live: window(100, { flights: flights(101, 3) }), backfill: undefined, ranged: true };
    expect(decideLanes(alone, 1_000, 200, 1_000, limits)).toMatchObject({ kind: 'send', lane: 'live', after: 103 });
  });

  test('what comes first decides how long to wait; silence on either lane is silence', () => {
    const quiet = two(window(100), window(20), 90, 5_000);
    expect(decideLanes(quiet, 1_000, 100, 1_000, limits)).toEqual({ kind: 'wait', ms: 4_000 });
    expect(decideLanes(quiet, 1_000, 101, 1_000, limits)).toEqual({ kind: 'wait', ms: 250 });
    expect(decideLanes(quiet, 4_999, 100, 0, limits)).toEqual({ kind: 'wait', ms: 1 });
    // A batch of a backlog waits for nobody to fill it.
    expect(decideLanes(two(window(100), window(85), 90), 1_000, 100, 0, limits)).toEqual({
      kind: 'send',
      lane: 'backfill',
      after: 85,
      limit: 16,
      upTo: 90,
    });
    const waits = two(window(100), window(20, { flights: [flight(21, 90, 0)] }), 90);
    expect(decideLanes(waits, 9_000, 100, 0, limits)).toEqual({ kind: 'wait', ms: 1_000 });
    expect(decideLanes(waits, 10_000, 100, 0, limits)).toEqual({ kind: 'silent' });
    expect(decideLanes(waits, 10_000, 101, 0, limits)).toMatchObject({ kind: 'send', lane: 'live' });
    const mute = two(window(100, { flights: [flight(101, 101, 0)] }), window(20), 90);
    expect(decideLanes(mute, 10_000, 101, 0, limits)).toEqual({ kind: 'silent' });
    const idle = two(window(100), window(20, { flights: [flight(21, 90)] }), 90);
    expect(decideLanes(idle, 9_000, 100, 0, limits)).toEqual({ kind: 'idle' });
  });

  test('the pace counts from what was due, and only in the backfill', () => {
    const lanes = two(window(100), window(20), 90, 2_000);
    expect(sentOn(lanes, 'backfill', 36, 10, 1_000, limits).backfill).toEqual({
      window: window(20, { flights: [flight(21, 36)] }),
      to: 90,
      notBefore: 2_010,
    });
    expect(sentOn(lanes, 'backfill', 36, 10, 3_000, limits).backfill?.notBefore).toBe(3_010);
    expect(sentOn(lanes, 'live', 105, 5, 1_000, limits)).toEqual({
      ...lanes,
      live: window(100, { flights: [flight(101, 105)] }),
    });
    // The lanes have become one meanwhile.
    expect(sentOn(one, 'backfill', 15, 5, 0, limits).live.flights).toEqual([flight(11, 15)]);
  });

  test('a lane that was given nothing is looked at later, and not earlier than it was due', () => {
    const lanes = two(window(100), window(20), 90, 2_000);
    expect(deferred(lanes, 'live', 1_500)).toEqual({ ...lanes, live: window(100, { notBefore: 1_500 }) });
    expect(deferred(lanes, 'backfill', 1_500)).toEqual(lanes);
    expect(deferred(lanes, 'backfill', 2_500).backfill).toEqual({ window: window(20), to: 90, notBefore: 2_500 });
    expect(deferred(one, 'backfill', 7).live.notBefore).toBe(7);
  });

  test('an acknowledgement reaches each lane as far as its part goes; news to one is no complaint to the other', () => {
    const live = window(100, { flights: [flight(101, 105, 5)], stalled: 2 });
    const backfill = window(20, { flights: [flight(21, 36, 5)], stalled: 2 });
    const lanes = two(live, backfill, 90);
    const received = (ack: { upTo: number; ranges?: { from: number; to: number }[] }) =>
      acknowledgedOn(lanes, { epoch: 'e', ranges: [], ...ack }, 50, limits);
    const liveNews = received({ upTo: 20, ranges: [{ from: 101, to: 105 }] });
    expect(liveNews).toMatchObject({ live: { acked: 105, flights: [], stalled: 0 }, backfill: { window: backfill } });
    const backfillNews = received({ upTo: 36 });
    expect(backfillNews).toMatchObject({ live, backfill: { window: { acked: 36, flights: [], stalled: 0 } } });
    // Never further than its end, which is where the other begins.
    expect(received({ upTo: 103 })).toMatchObject({ live: { acked: 103 }, backfill: { window: { acked: 90 } } });
    const noNews = received({ upTo: 20 });
    expect(noNews).toMatchObject({
      live: { flights: [], stalled: 3 },
      backfill: { window: { flights: [], stalled: 3 } },
    });
    expect([liveNews, backfillNews, noNews].map((lane) => isFurther(lanes, lane))).toEqual([true, true, false]);
    expect(isFurther(lanes, lanes)).toBe(false);
    expect(isFurther(one, acknowledgedOn(one, { epoch: 'e', upTo: 11 }, 0, limits))).toBe(true);
  });

  test('a hub that tells of no ranges any more has one lane, from where it has everything', () => {
    const backfill = window(20, { flights: [flight(21, 36, 5)], notBefore: 99, share: 4 });
    const back = acknowledgedOn(two(window(150), backfill, 90), { epoch: 'e', upTo: 20 }, 50, limits);
    expect(back).toEqual({ live: window(20, { share: 4 }), backfill: undefined, ranged: false });
    const single = { ...one, live: window(10, { flights: [flight(11, 20, 5)] }) };
    expect(acknowledgedOn(single, { epoch: 'e', upTo: 12 }, 50, limits)).toMatchObject({
      ranged: false,
      live: { acked: 12, flights: [flight(13, 20, 50)] },
    });
    expect(acknowledgedOn(openLanes('e', 1, 16), { epoch: 'e', upTo: 0, ranges: [] }, 0, limits).ranged).toBe(true);
  });

  test('a failure and a new connection are of both lanes', () => {
    const busy = window(20, { flights: [flight(21, 36, 5)] });
    const lanes = two(window(100, { flights: [flight(101, 105)] }), busy, 90, 77);
    expect(flightsOf(lanes)).toBe(2);
    expect([cursorOn(lanes, 'live'), cursorOn(lanes, 'backfill'), cursorOn(one, 'backfill')]).toEqual([105, 36, 10]);
    const halved = { share: 8, failures: 1, notBefore: 60 };
    expect(failedOn(lanes, 50, 10)).toEqual(two(window(100, halved), window(20, halved), 90, 77));
    expect(reconnectedOn(lanes)).toEqual(two(window(100), window(20), 90, 77));
    expect(confirmedOn(lanes, 105, 9).live.flights).toEqual([flight(101, 105, 9)]);
    expect(confirmedOn(lanes, 105, 9).backfill).toEqual(lanes.backfill);
  });
});
