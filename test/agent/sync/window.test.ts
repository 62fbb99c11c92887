import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  acknowledged,
  confirmed,
  cursorOf,
  decide,
  failed,
  openWindow,
  reconnected,
  sent,
  type Window,
  type WindowLimits,
} from '../../../agent/sync/window.ts';
import { type Fault, faults } from './faults.ts';

const limits: WindowLimits = { maxFlights: 4, maxRecords: 16, lingerMs: 250, ackTimeoutMs: 10_000 };

function checkInvariants(window: Window): void {
  let last = window.acked;
  for (const flight of window.flights) {
    expect(flight.from).toBe(last + 1);
    expect(flight.to).toBeGreaterThanOrEqual(flight.from);
    last = flight.to;
  }
  expect(window.flights.length).toBeLessThanOrEqual(limits.maxFlights);
  expect(window.share).toBeGreaterThanOrEqual(1);
  expect(window.share).toBeLessThanOrEqual(limits.maxRecords);
}

/** A hub behind a line: which numbers it has, and up to where without a hole. */
function lineToHub() {
  const settled = new Set<number>();
  let upTo = 0;
  return {
    take(from: number, to: number): number {
      for (let seq = from; seq <= to; seq++) settled.add(seq);
      while (settled.has(upTo + 1)) upTo++;
      return upTo;
    },
    get upTo() {
      return upTo;
    },
  };
}

const fault = fc.constantFrom(...faults);
const step = fc.record({ given: fc.nat(40), ms: fc.integer({ min: 0, max: 12_000 }), fault });

describe('window', () => {
  test('whatever is lost, doubled or late, everything arrives, and the window keeps its invariants', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const hub = lineToHub();
        let window = openWindow('e', 1, limits.maxRecords);
        let now = 0;
        let lastSeq = 0;
        let highestAck = 0;
        const oldAcks = [0];

        const turn = (fault: Fault) => {
          const before = window;
          const decision = decide(window, now, lastSeq, 0, limits);
          if (decision.kind === 'silent') window = failed(window, now, 1_000);
          if (decision.kind === 'wait') now += decision.ms;
          if (decision.kind === 'send') {
            expect(now).toBeGreaterThanOrEqual(before.notBefore);
            expect(decision.after).toBe(cursorOf(before));
            const to = Math.min(lastSeq, decision.after + decision.limit);
            window = sent(window, to);
            checkInvariants(window);
            if (fault === 'publish failed') window = failed(window, now, 1_000);
            else {
              window = confirmed(window, to, now);
              if (fault !== 'batch lost') {
                const upTo = hub.take(decision.after + 1, to);
                oldAcks.push(upTo);
                if (fault !== 'ack lost') window = acknowledged(window, upTo, now, limits);
                if (fault === 'ack twice') window = acknowledged(window, upTo, now, limits);
                highestAck = Math.max(highestAck, window.acked);
              }
            }
          }
          if (fault === 'old ack') window = acknowledged(window, oldAcks[now % oldAcks.length] ?? 0, now, limits);
          if (fault === 'reconnect') window = reconnected(window);
          checkInvariants(window);
          expect(window.acked).toBeGreaterThanOrEqual(before.acked);
          expect(window.acked).toBeLessThanOrEqual(hub.upTo);
          return decision.kind;
        };

        for (const s of steps) {
          lastSeq += s.given;
          now += s.ms;
          turn(s.fault);
        }
        // From here on the line is good: it must come to rest with everything settled.
        let turns = 0;
        while (turn('ok') !== 'idle') expect(turns++).toBeLessThan(5_000);
        expect(window.acked).toBe(lastSeq);
        expect(window.flights).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('a batch that is not full waits for more, a full one does not', () => {
    const window = openWindow('e', 1, 16);
    expect(decide(window, 1000, 3, 1000, limits)).toEqual({ kind: 'wait', ms: 250 });
    expect(decide(window, 1250, 3, 1000, limits)).toEqual({ kind: 'send', after: 0, limit: 16 });
    expect(decide(window, 1000, 16, 1000, limits)).toEqual({ kind: 'send', after: 0, limit: 16 });
    expect(decide(window, 1000, 0, 1000, limits)).toEqual({ kind: 'idle' });
  });

  test('after a failure the batches halve down to one record, after successes they grow again', () => {
    let window = openWindow('e', 1, 16);
    for (const share of [8, 4, 2, 1, 1]) {
      window = failed(window, 0, 0);
      expect(window.share).toBe(share);
    }
    for (const share of [2, 4, 8, 16, 16]) {
      window = acknowledged(sent(window, cursorOf(window) + 1), cursorOf(window) + 1, 0, limits);
      expect(window).toMatchObject({ share, failures: 0 });
    }
  });

  test('three acknowledgements without progress bring it back at once, once', () => {
    let window = openWindow('e', 1, 16);
    for (const to of [16, 32, 48, 64]) window = confirmed(sent(window, to), to, 0);
    window = acknowledged(acknowledged(window, 0, 0, limits), 0, 0, limits);
    expect(window.flights).toHaveLength(4);
    window = acknowledged(window, 0, 0, limits);
    expect(window).toMatchObject({ flights: [], acked: 0 });
    window = confirmed(sent(window, 16), 16, 0);
    expect(acknowledged(window, 0, 0, limits).flights).toHaveLength(1);
  });

  test('the hub has its time from the moment the broker has the batch', () => {
    let window = sent(openWindow('e', 1, 16), 16);
    expect(decide(window, 60_000, 16, 0, limits)).toEqual({ kind: 'idle' });
    window = confirmed(window, 16, 60_000);
    expect(decide(window, 60_000, 16, 0, limits)).toEqual({ kind: 'wait', ms: 10_000 });
    expect(decide(window, 70_000, 16, 0, limits)).toEqual({ kind: 'silent' });
  });

  describe('each rule on both sides of its bound', () => {
    const flight = (from: number, to: number, confirmedAt?: number) => ({ from, to, confirmedAt });
    const fresh = openWindow('e', 11, 16);

    test('a window begins before its base, with nothing on its way', () => {
      const empty = { acked: 10, flights: [], share: 16, failures: 0, notBefore: 0, stalled: 0 };
      expect(fresh).toEqual({ epoch: 'e', ...empty });
      expect(cursorOf(fresh)).toBe(10);
      expect(sent(sent(fresh, 14), 20)).toMatchObject({ acked: 10, flights: [flight(11, 14), flight(15, 20)] });
      expect(cursorOf(sent(sent(fresh, 14), 20))).toBe(20);
    });

    test('sending waits for records, a place, its time; what comes first decides how long to wait', () => {
      const at = (window: Window, now: number, lastSeq: number, since = 0) =>
        decide(window, now, lastSeq, since, limits);
      const busy = { ...fresh, flights: [flight(11, 12, 500), flight(13, 14), flight(15, 16)] };
      expect(at(fresh, 250, 11)).toEqual({ kind: 'send', after: 10, limit: 16 });
      expect(at(fresh, 249, 11)).toEqual({ kind: 'wait', ms: 1 });
      expect(at(fresh, 249, 10)).toEqual({ kind: 'idle' });
      expect(at(fresh, 0, 25)).toEqual({ kind: 'wait', ms: 250 });
      expect(at(fresh, 0, 26)).toEqual({ kind: 'send', after: 10, limit: 16 });
      expect(at({ ...fresh, notBefore: 300 }, 250, 26)).toEqual({ kind: 'wait', ms: 50 });
      expect(at({ ...fresh, notBefore: 300 }, 300, 26)).toEqual({ kind: 'send', after: 10, limit: 16 });
      expect(at({ ...fresh, notBefore: 300 }, 260, 11, 100)).toEqual({ kind: 'wait', ms: 90 });
      // Three of four are on their way.
      expect(at(busy, 600, 32)).toEqual({ kind: 'send', after: 16, limit: 16 });
      expect(at(busy, 600, 17, 600)).toEqual({ kind: 'wait', ms: 250 });
      expect(at(busy, 10_400, 17, 10_400)).toEqual({ kind: 'wait', ms: 100 });
      expect(at(busy, 10_499, 16)).toEqual({ kind: 'wait', ms: 1 });
      expect(at(busy, 10_500, 32)).toEqual({ kind: 'silent' });
      const full = { ...busy, flights: [...busy.flights, flight(17, 18)] };
      expect(at(full, 600, 99)).toEqual({ kind: 'wait', ms: 9_900 });
      // Only the first counts: those behind it cannot be acknowledged before it.
      expect(at({ ...fresh, flights: [flight(11, 12), flight(13, 14, 0)] }, 90_000, 14)).toEqual({ kind: 'idle' });
    });

    test('the broker has one batch: that flight, and only the first time', () => {
      const window = { ...fresh, flights: [flight(11, 12), flight(13, 14, 5)] };
      expect(confirmed(window, 12, 7).flights).toEqual([flight(11, 12, 7), flight(13, 14, 5)]);
      expect(confirmed(window, 14, 7).flights).toEqual(window.flights);
      expect(confirmed(window, 13, 7).flights).toEqual(window.flights);
    });

    test('news settles flights, whole or in part, and gives the hub its time again for the rest', () => {
      const window = {
        ...fresh,
        share: 4,
        failures: 2,
        notBefore: 99,
        stalled: 2,
        flights: [flight(11, 12, 5), flight(13, 16, 6), flight(17, 18)],
      };
      expect(acknowledged(window, 12, 50, limits)).toEqual({
        ...fresh,
        acked: 12,
        share: 8,
        flights: [flight(13, 16, 50), flight(17, 18)],
      });
      expect(acknowledged(window, 14, 50, limits)).toMatchObject({
        acked: 14,
        share: 8,
        flights: [flight(15, 16, 50), flight(17, 18)],
      });
      // A part of the first flight is no proof that larger batches get through.
      const part = acknowledged(window, 11, 50, limits);
      expect(part).toMatchObject({ acked: 11, share: 4, failures: 0, notBefore: 0, stalled: 0 });
      expect(part.flights).toEqual([flight(12, 12, 50), flight(13, 16, 50), flight(17, 18)]);
      expect(acknowledged(window, 30, 50, limits)).toMatchObject({ acked: 30, flights: [] });
      expect(acknowledged({ ...window, share: 10 }, 12, 50, limits).share).toBe(16);
    });

    test('no news counts, but not before the broker has the first flight', () => {
      const window = { ...fresh, flights: [flight(11, 12, 5), flight(13, 14)] };
      const once = acknowledged(window, 10, 50, limits);
      expect(once).toEqual({ ...window, stalled: 1 });
      expect(acknowledged(once, 3, 50, limits)).toEqual({ ...window, stalled: 2 });
      expect(acknowledged({ ...window, stalled: 2 }, 10, 50, limits)).toEqual({ ...window, stalled: 3, flights: [] });
      // It has gone back already: the next ones are about what was sent before that.
      expect(acknowledged({ ...window, stalled: 3 }, 10, 50, limits)).toEqual({ ...window, stalled: 4 });
      const early = { ...fresh, flights: [flight(11, 12), flight(13, 14, 5)], stalled: 2 };
      expect(acknowledged(early, 10, 50, limits)).toEqual(early);
      expect(acknowledged(fresh, 10, 50, limits)).toEqual(fresh);
    });

    test('after a failure it goes back and waits; after a new connection it goes back and does not', () => {
      const window = { ...fresh, share: 5, failures: 1, stalled: 2, notBefore: 9, flights: [flight(11, 12, 5)] };
      expect(failed(window, 100, 40)).toEqual({ ...fresh, share: 2, failures: 2, notBefore: 140 });
      expect(failed({ ...window, share: 1 }, 100, 0)).toMatchObject({ share: 1, notBefore: 100 });
      expect(reconnected(window)).toEqual({ ...fresh, share: 5, failures: 1 });
    });
  });
});
