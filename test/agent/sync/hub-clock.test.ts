import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HubClock, measured, offsetOf } from '../../../agent/sync/hub-clock.ts';
import { clockQuality } from '../../../shared/kit/clock-quality.ts';

const HUB = Date.UTC(2026, 10, 1);

describe("the hub's clock", () => {
  test('is known within half of the fastest round, whatever our wall clock does', () => {
    const round = fc.record({ pause: fc.integer({ min: 1, max: 60_000 }), there: fc.nat(5000), back: fc.nat(5000) });
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 20 }), fc.integer(), (rounds, wall) => {
        let mono = 0;
        let clock: HubClock | undefined;
        for (const { pause, there, back } of rounds) {
          const sentAt = mono + pause;
          mono = sentAt + there + back;
          clock = measured(clock, HUB + sentAt + there, sentAt, mono);
        }
        if (!clock) return;
        const { offsetMs, withinMs } = offsetOf(clock, wall, mono);
        expect(Math.abs(wall + offsetMs - (HUB + mono))).toBeLessThanOrEqual(withinMs + 1e-6);
        const fastest = Math.min(...rounds.map(({ there, back }) => there + back)) / 2;
        expect(withinMs).toBeLessThanOrEqual(fastest + mono * 100e-6 + 1e-6);
      }),
    );
  });

  test('an old exact measurement gives way to a new one only when drift has made it worse', () => {
    const first = measured(undefined, HUB, 0, 10);
    expect(measured(first, HUB + 1000, 990, 1010)).toBe(first);
    expect(measured(first, HUB + 100_000, 99_990, 100_010)).not.toBe(first);
  });
});

describe('the label of a wall clock', () => {
  const offset = (offsetMs: number) => ({ offsetMs, withinMs: 500 });

  test.each([
    ['1970', 1000, undefined, 'wrong'],
    ['a year ahead', HUB, offset(-365 * 86_400_000), 'wrong'],
    ['a year behind', HUB, offset(365 * 86_400_000), 'wrong'],
    ['an hour of daylight saving set by hand', HUB, offset(3_600_000), 'wrong'],
    ['right', HUB, offset(20), 'unsynced'],
    ['within what the measurement can say', HUB, { offsetMs: 61_000, withinMs: 5_000 }, 'unsynced'],
    ['without a hub', HUB, undefined, 'unsynced'],
  ] as const)('%s', (_what, wall, known, label) => {
    expect(clockQuality(wall, known, false)).toBe(label);
  });

  test('the system says that it is disciplined, and the hub does not contradict', () => {
    expect(clockQuality(HUB, offset(100), true)).toBe('synced');
    expect(clockQuality(HUB, offset(1e9), true)).toBe('wrong');
  });
});
