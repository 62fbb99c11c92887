import { expect, test } from 'vitest';
import { createStamps } from '../../agent/stamps.ts';
import type { HubClock } from '../../agent/sync/hub-clock.ts';
import { ManualClock } from '../support/manual-clock.ts';

const START = Date.UTC(2026, 5, 1);

async function stampsOf() {
  const clock = new ManualClock(START);
  await clock.advance(500);
  const known: { hubClock: HubClock | undefined } = { hubClock: undefined };
  const stamps = createStamps({ boot: 'b1', revision: 'r1', clock, hubClock: () => known.hubClock });
  return { clock, stamps, known };
}

test('a stamp says the start, the configuration in force, and when it happened by both clocks', async () => {
  const { clock, stamps } = await stampsOf();
  await clock.advance(2000);
  expect(stamps.stamp()).toMatchObject({ config: 'r1', boot: 'b1', mono: 2000, wall: START + 2500 });
  // A second ago; before this start, as another process of the machine may have seen it.
  expect(stamps.stamp(1500)).toMatchObject({ mono: 1000, wall: START + 1500 });
  expect(stamps.stamp(100)).toMatchObject({ mono: 0, wall: START + 100 });
  // A moment that has not come yet, by another process's reading, is now.
  expect(stamps.stamp(9000)).toMatchObject({ mono: 8500, wall: START + 2500 });
  stamps.revision = 'r2';
  expect(stamps.stamp().config).toBe('r2');
  expect(stamps.uptimeMs()).toBe(2000);
});

test('a wall clock that is set back changes the label, never the order', async () => {
  const { clock, stamps } = await stampsOf();
  const before = stamps.stamp();
  clock.setWall(0);
  await clock.advance(10);
  const after = stamps.stamp();
  expect(after.mono).toBe(before.mono + 10);
  expect(after.wall).toBe(10);
  expect(after.clock).toBe('wrong');
  expect(stamps.quality()).toBe('wrong');
});

test('how far the wall clock is off is known when the hub’s time is; a clock that is off by minutes is wrong', async () => {
  const { clock, stamps, known } = await stampsOf();
  expect(stamps.wallOffset()).toBeUndefined();
  expect(stamps.quality()).not.toBe('wrong');
  known.hubClock = { aheadOfMono: START + 300_000, withinMs: 20, at: clock.mono() };
  expect(stamps.wallOffset()).toEqual({ offsetMs: 300_000, withinMs: 20 });
  expect([stamps.quality(), stamps.stamp().clock]).toEqual(['wrong', 'wrong']);
  clock.setWall(START + 300_500);
  expect(stamps.wallOffset()?.offsetMs).toBe(0);
  expect(stamps.quality()).not.toBe('wrong');
});
