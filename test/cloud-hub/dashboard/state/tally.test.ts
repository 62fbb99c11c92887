import { expect, test } from 'vitest';
import { HourTally } from '../../../../cloud-hub/dashboard/state/tally.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 30);
const MINUTE = 60_000;

test('counts an id once, and only over the last hour', () => {
  const tally = new HourTally();
  tally.add('gate', '1', NOW);
  tally.add('gate', '1', NOW);
  tally.add('gate', '2', NOW - 59 * MINUTE);
  tally.add('gate', '3', NOW - 61 * MINUTE);
  tally.add('door', '4', NOW - 10 * MINUTE);
  expect([...tally.totals(NOW)]).toEqual([
    ['gate', 2],
    ['door', 1],
  ]);
  expect([...tally.totals(NOW + 30 * MINUTE)]).toEqual([
    ['gate', 1],
    ['door', 1],
  ]);
  expect(tally.totals(NOW + 61 * MINUTE).size).toBe(0);
});

test('what a fast clock dates ahead counts once its time has come', () => {
  const tally = new HourTally();
  tally.add('gate', '1', NOW + 5 * MINUTE);
  expect(tally.totals(NOW).size).toBe(0);
  expect(tally.totals(NOW + 5 * MINUTE).get('gate')).toBe(1);
  tally.add('gate', '2', NOW + 10_000 * MINUTE);
  expect(tally.totals(NOW + 10_000 * MINUTE).get('gate')).toBe(1);
});
