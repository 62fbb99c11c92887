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
});
