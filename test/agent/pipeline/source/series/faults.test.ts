import { expect, test } from 'vitest';
import { createFaults, isRound } from '../../../../../agent/pipeline/source/series/faults.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

test('each code for itself: at once, then the latest of a second with its count; at the end what is left', async () => {
  const clock = new ManualClock();
  const told: [string, string, number][] = [];
  const faults = createFaults(clock, (code, message, count) => void told.push([code, message, count]));
  for (const message of ['a', 'b', 'c']) faults.add('sensor-row', message);
  faults.add('sensor-order', 'x');
  expect(told.splice(0)).toEqual([
    ['sensor-row', 'a', 1],
    ['sensor-order', 'x', 1],
  ]);
  await clock.advance(999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told.splice(0)).toEqual([['sensor-row', 'c', 2]]);
  faults.add('sensor-row', 'd');
  faults.flush();
  expect(told.splice(0)).toEqual([['sensor-row', 'd', 1]]);
  faults.flush();
  await clock.advance(10_000);
  expect(told).toEqual([]);
});

test('powers of ten are round, and nothing else is', () => {
  const round = Array.from({ length: 1001 }, (_, count) => count).filter(isRound);
  expect(round).toEqual([1, 10, 100, 1000]);
});
