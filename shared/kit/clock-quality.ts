/** How far the wall clock can be trusted (ARCHITECTURE 3.4). A label only: nothing is decided by it. */
import { existsSync } from 'node:fs';

/** `wrong`: it cannot be right. `unsynced`: nobody says that it is. */
export type ClockQuality = 'synced' | 'unsynced' | 'wrong';

/** Distance of another clock, as far as it is known: milliseconds, and how exact that is. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly withinMs: number;
}

/** No version of Vedette existed before: an earlier wall clock is wrong. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/** systemd-timesyncd touches this file when it has synchronised (systemd-timesyncd.service(8)). */
const SYNCED_MARK = '/run/systemd/timesync/synchronized';

/** A clock that is off by more than that is as good as one that nobody has set. */
const WRONG_MS = 60_000;

/**
 * @param wall milliseconds since 1970
 * @param offset from the hub's time, if that is known
 */
export function clockQuality(wall: number, offset?: ClockOffset, synced = existsSync(SYNCED_MARK)): ClockQuality {
  if (wall < NOT_BEFORE) return 'wrong';
  if (offset && Math.abs(offset.offsetMs) - offset.withinMs > WRONG_MS) return 'wrong';
  return synced ? 'synced' : 'unsynced';
}
