import { expect, test } from 'vitest';
import { nowAndThen } from '../../../shared/kit/now-and-then.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('tells at once, then at most once in a period, and forgets nothing', async () => {
  const clock = new ManualClock();
  const told: [number, number][] = [];
  const add = nowAndThen(clock, 1000, (sum) => told.push([clock.mono(), sum]));
  add(2);
  for (let i = 0; i < 50; i++) {
    await clock.advance(70);
    add(1);
  }
  await clock.advance(5000);
  add(4);
  await clock.advance(5000);
  expect(told).toEqual([
    [0, 2],
    [1000, 14],
    [2000, 14],
    [3000, 14],
    [4000, 8],
    [8500, 4],
  ]);
});
