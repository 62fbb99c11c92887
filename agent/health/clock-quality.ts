/** How far the wall clock can be trusted (DESIGN 3.4). A label only: nothing is decided by it. */
import { existsSync } from 'node:fs';
import type { ClockQuality } from '../../shared/contract/messages/record.ts';

/** No agent of this version existed before: a wall clock that says so is wrong. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/** systemd-timesyncd touches this file when it has synchronised (systemd-timesyncd.service(8)). */
const SYNCED_MARK = '/run/systemd/timesync/synchronized';

export function clockQuality(wall: number, synced = existsSync(SYNCED_MARK)): ClockQuality {
  if (wall < NOT_BEFORE) return 'wrong';
  return synced ? 'synced' : 'unsynced';
}
