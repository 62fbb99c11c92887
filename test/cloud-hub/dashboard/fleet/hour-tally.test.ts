import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HourTally } from '../../../../cloud-hub/dashboard/fleet/hour-tally.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 30);
const MINUTE = 60_000;

test('counts an id once, over the sixty minutes that end with this one', () => {
  const tally = new HourTally();
  tally.add('gate', '1', NOW);
  tally.add('gate', '1', NOW);
  tally.add('gate', '2', NOW - 59 * MINUTE);
  tally.add('gate', '3', NOW - 60 * MINUTE);
  tally.add('gate', '5', NOW + MINUTE - 1);
  tally.add('door', '4', NOW - 10 * MINUTE);
  expect([...tally.totals(NOW)]).toEqual([
    ['gate', 3],
    ['door', 1],
  ]);
  expect([...tally.totals(NOW + MINUTE)]).toEqual([
    ['gate', 2],
    ['door', 1],
  ]);
  expect([...tally.totals(NOW + 59 * MINUTE)]).toEqual([['gate', 2]]);
  expect(tally.totals(NOW + 60 * MINUTE).size).toBe(0);
  // What was forgotten does not come back when the reader's clock is set back.
  expect(tally.totals(NOW).size).toBe(0);
});

test('what a fast clock dates ahead counts once its minute has come; beyond an hour it is forgotten', () => {
  const tally = new HourTally();
  tally.add('gate', '1', NOW + 60 * MINUTE);
  tally.add('gate', '2', NOW + 61 * MINUTE);
  expect(tally.totals(NOW).size).toBe(0);
  expect(tally.totals(NOW + 59 * MINUTE).size).toBe(0);
  expect(tally.totals(NOW + 61 * MINUTE).get('gate')).toBe(1);
});

test('the sum is what a plain count says, whatever comes in which order', () => {
  const thing = fc.record({
    device: fc.constantFrom('a', 'b'),
    id: fc.nat(40),
    minutes: fc.integer({ min: -70, max: 0 }),
  });
  fc.assert(
    fc.property(fc.array(thing, { maxLength: 60 }), (things) => {
      const tally = new HourTally();
      const first = new Map<number, (typeof things)[number]>();
      for (const one of things) {
        tally.add(one.device, String(one.id), NOW + one.minutes * MINUTE);
        if (!first.has(one.id)) first.set(one.id, one);
      }
      const wanted: Record<string, number> = {};
      for (const { device, minutes } of first.values()) if (minutes > -60) wanted[device] = (wanted[device] ?? 0) + 1;
      expect(Object.fromEntries(tally.totals(NOW))).toEqual(wanted);
    }),
  );
});

test('twenty thousand ids are known; one more, and the oldest would count again', () => {
  const tally = new HourTally();
  for (let n = 0; n < 20_000; n++) tally.add('gate', String(n), NOW);
  tally.add('gate', '0', NOW);
  expect(tally.totals(NOW).get('gate')).toBe(20_000);
  tally.add('gate', 'one more', NOW);
  tally.add('gate', '1', NOW);
  expect(tally.totals(NOW).get('gate')).toBe(20_001);
  tally.add('gate', '0', NOW);
  expect(tally.totals(NOW).get('gate')).toBe(20_002);
});

test('once cleared it knows nothing, and counts the same ids again', () => {
  const tally = new HourTally();
  tally.add('gate', '1', NOW);
  tally.clear();
  expect(tally.totals(NOW).size).toBe(0);
  tally.add('gate', '1', NOW);
  expect(tally.totals(NOW).get('gate')).toBe(1);
});
