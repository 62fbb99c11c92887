/** When something of a live source arrived. */
import type { Clock } from '../../../../shared/kit/clock.ts';

/** A clock that the wall clock has set right is followed. */
const FOLLOW_MS = 60_000;

/** Times of arrival, in milliseconds since 1970, that go on evenly while the wall clock is set a little. */
export function createArrival(clock: Clock): () => number {
  let aheadMs = clock.wall() - clock.mono();
  return () => {
    const ahead = clock.wall() - clock.mono();
    if (Math.abs(ahead - aheadMs) > FOLLOW_MS) aheadMs = ahead;
    return clock.mono() + aheadMs;
  };
}
