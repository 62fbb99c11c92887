/** What a device knows of the time, and what follows for a certificate. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactTime, timeRange, whyNotNow } from '../../../shared/pki/time.ts';

const MIN = 60_000;
const DAY = 86_400_000;
const learned = Date.UTC(2026, 5, 1);
const known = { atLeast: learned, mono: 1_000 };
const life = { from: learned, to: learned + 30 * DAY };

test.each([
  ['1970', 0, false, 1_000, undefined],
  ['1970 and said to be synchronised', 0, true, 1_000, undefined],
  ['2106', Date.UTC(2106, 0, 1), false, 1_000, undefined],
  ['2106 and said to be synchronised', Date.UTC(2106, 0, 1), true, 1_000, 'expired'],
  ['right', learned + DAY, true, 1_000, undefined],
  ['after its end', learned + 31 * DAY, true, 1_000, 'expired'],
  // Nobody knows whether the clock is right; but so much time has passed since the box was sure of one.
  ['1970, and 31 days up', 0, false, 1_000 + 31 * DAY, 'expired'],
] as const)('a clock in %s', (_what, wall, isSynced, mono, why) => {
  expect(whyNotNow(life, timeRange(wall, isSynced, known, mono))).toBe(why);
});

test('before its begin it is not yet valid, where the clock is sure', () => {
  const later = { from: learned + DAY, to: learned + 2 * DAY };
  expect(whyNotNow(later, timeRange(learned, true, known, 1_000))).toBe('not yet valid');
  expect(whyNotNow(later, timeRange(learned, false, known, 1_000))).toBeUndefined();
  expect(whyNotNow(later, exactTime(learned + DAY - 9 * MIN))).toBeUndefined();
  expect(whyNotNow(later, exactTime(learned + DAY - 11 * MIN))).toBe('not yet valid');
});

test('the true time lies in the range, whatever the clock says; time never goes back', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 400 * DAY }),
      fc.integer({ min: 0, max: 400 * DAY }),
      fc.integer({ min: 0, max: 2 ** 43 }),
      fc.boolean(),
      (asleep, up, wrong, isRight) => {
        // The box was off for a while since it learned of the time: its monotonic clock does not know.
        const truth = learned + asleep + up;
        const wall = isRight ? truth : wrong;
        const range = timeRange(wall, isRight, known, 1_000 + up);
        expect(range.earliest).toBeLessThanOrEqual(truth);
        expect(range.latest).toBeGreaterThanOrEqual(truth);
        expect(timeRange(wall, isRight, known, 2_000 + up).earliest).toBeGreaterThanOrEqual(range.earliest);
      },
    ),
  );
});

test('a clock that is said to be synchronised counts from ten minutes before what is known; one that is further behind does not', () => {
  // A day after it learned of the time.
  const [mono, floor] = [1_000 + DAY, learned + DAY];
  const late = { earliest: floor - 10 * MIN, latest: Number.POSITIVE_INFINITY };
  const table: [number, boolean, ReturnType<typeof timeRange>][] = [
    [floor + DAY, true, { earliest: floor + DAY - 10 * MIN, latest: floor + DAY + 10 * MIN }],
    [floor, true, { earliest: floor - 10 * MIN, latest: floor + 10 * MIN }],
    [floor - 10 * MIN, true, { earliest: floor - 10 * MIN, latest: floor + 10 * MIN }],
    [floor - 10 * MIN - 1, true, late],
    [0, true, late],
    [floor + DAY, false, late],
    [floor - 10 * MIN, false, late],
  ];
  for (const [wall, isSynced, range] of table)
    expect([wall - floor, isSynced, timeRange(wall, isSynced, known, mono)]).toEqual([wall - floor, isSynced, range]);
  // A monotonic clock that is behind what it was says nothing.
  expect(timeRange(0, false, known, 0).earliest).toBe(learned - 10 * MIN);
});
