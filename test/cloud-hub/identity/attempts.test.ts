import { expect, test } from 'vitest';
import { FailedAttempts } from '../../../cloud-hub/identity/attempts.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;

function failTimes(attempts: FailedAttempts, address: string, times: number): void {
  for (let n = 0; n < times; n++) attempts.failed(address);
}

test('after ten failures an address waits for the end of the window, which its first failure began', async () => {
  const clock = new ManualClock();
  const attempts = new FailedAttempts(clock, 10, MINUTE);
  for (let n = 0; n < 10; n++) {
    expect(attempts.waitMs('a')).toBe(0);
    attempts.failed('a');
  }
  expect(attempts.waitMs('a')).toBe(MINUTE);
  await clock.advance(20_000);
  expect(attempts.waitMs('a')).toBe(40_000);
  expect(attempts.waitMs('b')).toBe(0);
  // What fails while it waits does not make it longer, and a wall clock that jumps does not make it shorter.
  attempts.failed('a');
  clock.setWall(clock.wall() + 10 * MINUTE);
  await clock.advance(39_999);
  expect(attempts.waitMs('a')).toBe(1);
  await clock.advance(1);
  expect(attempts.waitMs('a')).toBe(0);
});

test('the next window counts from nothing, and begins with its own first failure', async () => {
  const clock = new ManualClock();
  const attempts = new FailedAttempts(clock, 3, MINUTE);
  failTimes(attempts, 'a', 3);
  await clock.advance(MINUTE + 5_000);
  failTimes(attempts, 'a', 2);
  expect(attempts.waitMs('a')).toBe(0);
  await clock.advance(10_000);
  attempts.failed('a');
  expect(attempts.waitMs('a')).toBe(MINUTE - 10_000);
});

test('a failure at the very end of a window is the first of the next one', async () => {
  const clock = new ManualClock();
  const attempts = new FailedAttempts(clock, 3, MINUTE);
  failTimes(attempts, 'a', 3);
  await clock.advance(MINUTE);
  failTimes(attempts, 'a', 3);
  expect(attempts.waitMs('a')).toBe(MINUTE);
});

test('an address that got in begins anew', () => {
  const attempts = new FailedAttempts(new ManualClock(), 3, MINUTE);
  failTimes(attempts, 'a', 2);
  failTimes(attempts, 'b', 3);
  attempts.succeeded('a');
  failTimes(attempts, 'a', 2);
  expect([attempts.waitMs('a'), attempts.waitMs('b')]).toEqual([0, MINUTE]);
});

test('without further word: ten failures in a quarter of an hour', () => {
  const attempts = new FailedAttempts(new ManualClock());
  failTimes(attempts, 'a', 9);
  expect(attempts.waitMs('a')).toBe(0);
  attempts.failed('a');
  expect(attempts.waitMs('a')).toBe(15 * MINUTE);
});

test('of more than 10,000 addresses the one that failed longest ago is forgotten', () => {
  const attempts = new FailedAttempts(new ManualClock(), 2, MINUTE);
  failTimes(attempts, 'first', 2);
  failTimes(attempts, 'second', 2);
  for (let n = 0; n < 9_998; n++) attempts.failed(`other-${n}`);
  expect([attempts.waitMs('first'), attempts.waitMs('second')]).toEqual([MINUTE, MINUTE]);
  // To fail again is to have failed last.
  attempts.failed('first');
  attempts.failed('one more');
  expect([attempts.waitMs('first'), attempts.waitMs('second')]).toEqual([MINUTE, 0]);
});

test('who has a whole IPv6 network waits with all of its addresses, and his neighbour does not', () => {
  const attempts = new FailedAttempts(new ManualClock(), 10, MINUTE);
  for (let n = 1; n <= 10; n++) attempts.failed(`2001:db8:0:7::${n}`);
  expect(attempts.waitMs('2001:db8:0:7:ffff::1')).toBe(MINUTE);
  expect(attempts.waitMs('2001:db8:0:8::1')).toBe(0);
  attempts.succeeded('2001:db8:0:7::aaaa');
  expect(attempts.waitMs('2001:db8:0:7::1')).toBe(0);
});
