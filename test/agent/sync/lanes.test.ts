import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acknowledgedOn,
  arranged,
  confirmedOn,
  cursorOn,
  decideLanes,
  failedOn,
  flightsOf,
  type LaneLimits,
  type Lanes,
  openLanes,
  reachOf,
  reconnectedOn,
  sentOn,
} from '../../../agent/sync/lanes.ts';
import { missing, type Range, union } from '../../../shared/kit/ranges.ts';
import { type Fault, faults } from './faults.ts';

const limits: LaneLimits = {
  maxFlights: 4,
  maxRecords: 16,
  lingerMs: 250,
  ackTimeoutMs: 10_000,
  backlog: 40,
  backfillPerSecond: 1000,
};

/** A hub that takes numbers in any order, and tells of ranges or not. */
function hubOf(ranged: boolean) {
  let settled: readonly Range[] = [];
  return {
    /** Has it every number of the range? */
    has: (range: Range) => missing(range, settled).length === 0,
    take(from: number, to: number) {
      settled = union(settled, [{ from, to }]);
      return this.ack();
    },
    ack() {
      const [first, ...others] = settled;
      const upTo = first?.from === 1 ? first.to : 0;
      return { epoch: 'e', upTo, ...(ranged ? { ranges: first?.from === 1 ? others : [...settled] } : {}) };
    },
  };
}

function checkInvariants(lanes: Lanes, hub: ReturnType<typeof hubOf>): void {
  for (const [window, to] of [
    [lanes.live, Number.POSITIVE_INFINITY],
    ...(lanes.backfill ? [[lanes.backfill.window, lanes.backfill.to] as const] : []),
  ] as const) {
    let last = window.acked;
    for (const flight of window.flights) {
      expect(flight.from).toBe(last + 1);
      expect(flight.to).toBeLessThanOrEqual(to);
      last = flight.to;
    }
  }
  expect(flightsOf(lanes)).toBeLessThanOrEqual(limits.maxFlights);
  const { live, backfill } = lanes;
  // What a lane takes for settled is settled; between the lanes' parts nothing is forgotten.
  expect(hub.has({ from: backfill ? backfill.to + 1 : 1, to: live.acked })).toBe(true);
  expect(hub.has({ from: 1, to: backfill?.window.acked ?? 0 })).toBe(true);
}

const fault = fc.constantFrom<Fault>('ok', ...faults);
const step = fc.record({ given: fc.nat(60), ms: fc.integer({ min: 0, max: 12_000 }), fault });

describe('lanes', () => {
  test('whatever is lost, doubled or late, everything arrives, and the lanes keep their invariants', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, ranged) => {
        const hub = hubOf(ranged);
        let lanes = openLanes('e', 1, limits.maxRecords);
        let now = 0;
        let lastSeq = 0;
        const oldAcks = [hub.ack()];
        const base = () => hub.ack().upTo + 1;

        const turn = (what: Fault) => {
          lanes = arranged(lanes, lastSeq, base(), limits);
          checkInvariants(lanes, hub);
          const decision = decideLanes(lanes, now, lastSeq, 0, limits);
          if (decision.kind === 'silent') lanes = failedOn(lanes, now, 1_000);
          if (decision.kind === 'wait') now += decision.ms;
          if (decision.kind === 'send') {
            expect(decision.after).toBe(cursorOn(lanes, decision.lane));
            const to = Math.min(decision.upTo, decision.after + decision.limit);
            lanes = sentOn(lanes, decision.lane, to, to - decision.after, now, limits);
            checkInvariants(lanes, hub);
            if (what === 'publish failed') lanes = failedOn(lanes, now, 1_000);
            else {
              lanes = confirmedOn(lanes, to, now);
              if (what !== 'batch lost') {
                const ack = hub.take(decision.after + 1, to);
                oldAcks.push(ack);
                if (what !== 'ack lost') lanes = acknowledgedOn(lanes, ack, now, limits);
                if (what === 'ack twice') lanes = acknowledgedOn(lanes, ack, now, limits);
              }
            }
          }
          const old = oldAcks[now % oldAcks.length];
          if (what === 'old ack' && old) lanes = acknowledgedOn(lanes, old, now, limits);
          if (what === 'reconnect') lanes = reconnectedOn(lanes);
          checkInvariants(lanes, hub);
          return decision.kind;
        };

        for (const s of steps) {
          lastSeq += s.given;
          now += s.ms;
          turn(s.fault);
        }
        let turns = 0;
        while (turn('ok') !== 'idle') expect(turns++).toBeLessThan(5_000);
        expect(hub.ack().upTo).toBe(lastSeq);
        expect(flightsOf(lanes)).toBe(0);
        expect(lanes).toMatchObject({ backfill: undefined, live: { acked: lastSeq } });
      }),
      { numRuns: 300 },
    );
  });

  /** Lanes of a hub that tells of ranges, with a backlog of 1000 and some records after it. */
  function divided() {
    const known = acknowledgedOn(openLanes('e', 1, 16), { epoch: 'e', upTo: 0, ranges: [] }, 0, limits);
    return arranged(known, 1000, 1, limits);
  }

  test('what happens now goes before the backlog, which goes on beside it', () => {
    const lanes = divided();
    expect(decideLanes(lanes, 1000, 1016, 1000, limits)).toEqual({
      kind: 'send',
      lane: 'live',
      after: 1000,
      limit: 16,
      upTo: 1016,
    });
    expect(decideLanes(lanes, 1000, 1003, 1000, limits)).toMatchObject({ kind: 'send', lane: 'backfill', after: 0 });
    let busy = lanes;
    for (const to of [1016, 1032, 1048]) busy = sentOn(busy, 'live', to, 16, 1000, limits);
    expect(decideLanes(busy, 1000, 2000, 1000, limits)).toMatchObject({ kind: 'send', lane: 'backfill' });
  });

  test('a backlog has its pace', () => {
    let lanes = divided();
    lanes = sentOn(lanes, 'backfill', 16, 16, 1000, limits);
    expect(decideLanes(lanes, 1000, 1000, 1000, limits)).toEqual({ kind: 'wait', ms: 16 });
    expect(decideLanes(lanes, 1016, 1000, 1000, limits)).toMatchObject({ kind: 'send', lane: 'backfill', after: 16 });
  });

  test('a hub without ranges gets everything in order', () => {
    const lanes = acknowledgedOn(openLanes('e', 1, 16), { epoch: 'e', upTo: 0 }, 0, limits);
    expect(arranged(lanes, 1000, 1, limits).backfill).toBeUndefined();
    // The hub was replaced by an older one while the lanes were divided.
    const back = acknowledgedOn(divided(), { epoch: 'e', upTo: 16 }, 0, limits);
    expect(back).toMatchObject({ backfill: undefined, live: { acked: 16 } });
  });

  test('a backlog of which nothing is left is through', () => {
    expect(arranged(divided(), 1001, 1001, limits).backfill).toBeUndefined();
    expect(arranged(divided(), 1001, 1000, limits).backfill).toBeDefined();
  });

  test('how far an acknowledgement reaches', () => {
    const ack = {
      upTo: 10,
      ranges: [
        { from: 15, to: 20 },
        { from: 30, to: 40 },
      ],
    };
    expect([0, 10, 12, 14, 17, 20, 29, 35, 50].map((acked) => reachOf(ack, acked))).toEqual([
      10, 10, 12, 20, 20, 20, 40, 40, 50,
    ]);
  });
});
