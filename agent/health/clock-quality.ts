/** How far the wall clock can be trusted (ARCHITECTURE 3.4). A label only: nothing is decided by it. */
import { existsSync } from 'node:fs';
import type { ClockQuality } from '../../shared/contract/messages/record.ts';
import type { WallOffset } from '../sync/hub-clock.ts';

/** No agent of this version existed before: an earlier wall clock is wrong. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/** systemd-timesyncd touches this file when it has synchronised (systemd-timesyncd.service(8)). */
const SYNCED_MARK = '/run/systemd/timesync/synchronized';

/** A clock that is off by more than that is as good as one that nobody has set. */
const WRONG_MS = 60_000;

/** @param offset from the hub's time, if that is known */
export function clockQuality(wall: number, offset?: WallOffset, synced = existsSync(SYNCED_MARK)): ClockQuality {
  if (wall < NOT_BEFORE) return 'wrong';
  if (offset && Math.abs(offset.offsetMs) - offset.withinMs > WRONG_MS) return 'wrong';
  return synced ? 'synced' : 'unsynced';
}
