import { expect, test } from 'vitest';
import { createArrival } from '../../../../../agent/pipeline/source/series/arrival.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';

const MINUTE = 60_000;

test('times of arrival go on evenly while the wall clock is set by a minute or less, either way', async () => {
  const clock = new ManualClock();
  const arrival = createArrival(clock);
  const begin = clock.wall();
  expect(arrival()).toBe(begin);
  for (const by of [MINUTE, -MINUTE, 1, -1]) {
    clock.setWall(begin + clock.mono() + by);
    await clock.advance(1000);
    expect(arrival()).toBe(begin + clock.mono());
  }
});

test.each([MINUTE + 1, -MINUTE - 1, 1e9, -1e9])(
  'a clock that was set by %i ms is followed, and set again too',
  async (by) => {
    const clock = new ManualClock();
    const arrival = createArrival(clock);
    clock.setWall(clock.wall() + by);
    expect(arrival()).toBe(clock.wall());
    await clock.advance(5000);
    expect(arrival()).toBe(clock.wall());
    // From there it goes on evenly again.
    const followed = clock.wall();
    clock.setWall(followed + MINUTE);
    expect(arrival()).toBe(followed);
    clock.setWall(followed);
    // What it is held against is the clock as it was followed last.
    clock.setWall(clock.wall() - by);
    expect(arrival()).toBe(clock.wall());
  },
);
