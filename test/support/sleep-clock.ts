/** A clock that only its own sleeping moves, so that pauses cost nothing and can be counted. */
import { type Clock, systemClock } from '../../shared/kit/clock.ts';

/**
 * @param start what `mono` says first, in milliseconds
 * @param took how long a pause takes in truth; default: as long as it was asked to
 */
export function createSleepClock(start = 0, took: (ms: number, nth: number) => number = (ms) => ms) {
  let now = start;
  const slept: number[] = [];
  const clock: Clock = {
    ...systemClock,
    mono: () => now,
    async sleep(ms) {
      slept.push(ms);
      now += took(ms, slept.length);
    },
  };
  return { clock, slept, now: () => now };
}
