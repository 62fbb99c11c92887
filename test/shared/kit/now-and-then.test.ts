import { expect, test } from 'vitest';
import { createNowAndThen, nowAndThen } from '../../../shared/kit/now-and-then.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('tells at once, then at most once in a period, and forgets nothing', async () => {
  const clock = new ManualClock();
  const reported: [number, number][] = [];
  const add = nowAndThen(clock, 1000, (sum) => reported.push([clock.mono(), sum]));
  add(2);
  for (let i = 0; i < 50; i++) {
    await clock.advance(70);
    add(1);
  }
  await clock.advance(5000);
  add(4);
  await clock.advance(5000);
  expect(reported).toEqual([
    [0, 2],
    [1000, 14],
    [2000, 14],
    [3000, 14],
    [4000, 8],
    [8500, 4],
  ]);
});

test('an amount of nothing is not told, and does not begin a period', async () => {
  const clock = new ManualClock();
  const reported: [number, number][] = [];
  const add = nowAndThen(clock, 1000, (sum) => reported.push([clock.mono(), sum]));
  add(0);
  await clock.advance(500);
  add(3);
  add(0);
  await clock.advance(1000);
  await clock.advance(5000);
  add(1);
  expect(reported).toEqual([
    [500, 3],
    [6500, 1],
  ]);
});

test('what is added while it is told is told in the next period', async () => {
  const clock = new ManualClock();
  const reported: [number, number][] = [];
  const add = nowAndThen(clock, 1000, (sum) => {
    reported.push([clock.mono(), sum]);
    if (reported.length === 1) add(5);
  });
  add(1);
  await clock.advance(3000);
  expect(reported).toEqual([
    [0, 1],
    [1000, 5],
  ]);
});

test('each key is reported for itself: the latest of it, with how much there was', async () => {
  const clock = new ManualClock();
  const reported: [number, string, string, number][] = [];
  const each = createNowAndThen<string>(clock, 1000, (latest, sum, key) =>
    reported.push([clock.mono(), key, latest, sum]),
  );
  each.add('a', 'first', 3);
  each.add('a', 'second');
  await clock.advance(400);
  each.add('b', 'other');
  each.add('a', 'third', 2);
  await clock.advance(5000);
  each.add('a', 'again');
  expect(reported).toEqual([
    [0, 'a', 'first', 3],
    [400, 'b', 'other', 1],
    [1000, 'a', 'third', 3],
    [5400, 'a', 'again', 1],
  ]);
});

test('a flush reports what is held back and forgets the rest: the next is a first one, and no timer is left', async () => {
  const clock = new ManualClock();
  const reported: [number, string, number][] = [];
  const each = createNowAndThen<string>(clock, 1000, (latest, sum) => reported.push([clock.mono(), latest, sum]));
  each.flush();
  for (const key of ['a', 'b']) each.add(key, `${key} first`);
  each.add('b', 'b second', 2);
  await clock.advance(500);
  each.flush();
  each.flush();
  await clock.advance(200);
  each.add('b', 'b third');
  each.add('b', 'b fourth');
  await clock.advance(10_000);
  expect(reported).toEqual([
    [0, 'a first', 1],
    [0, 'b first', 1],
    [500, 'b second', 2],
    [700, 'b third', 1],
    [1700, 'b fourth', 1],
  ]);
});

test('a flush with nothing held back ends the period too: its timer does not end the next one', async () => {
  const clock = new ManualClock();
  const reported: [number, string, number][] = [];
  const each = createNowAndThen<string>(clock, 1000, (latest, sum) => reported.push([clock.mono(), latest, sum]));
  each.add('a', 'first');
  each.flush();
  await clock.advance(500);
  each.add('a', 'second');
  await clock.advance(600);
  each.add('a', 'third');
  await clock.advance(10_000);
  expect(reported).toEqual([
    [0, 'first', 1],
    [500, 'second', 1],
    [1500, 'third', 1],
  ]);
});
