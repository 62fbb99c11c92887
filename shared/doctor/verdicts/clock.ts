/** What the quality of the wall clock means. Pure. */
import type { ClockQuality } from '../../kit/clock-quality.ts';
import { type Finding, finding } from '../finding.ts';

/**
 * @param wall milliseconds since 1970
 * @param why what a good time is needed for, as the end of the advice
 */
export function judgeClock(quality: ClockQuality, wall: number, why: string): Finding {
  const now = new Date(wall).toISOString();
  if (quality === 'synced') return finding('clock', 'ok', `${now}, synchronised`);
  const advice = `start a time service (systemd-timesyncd, chrony); ${why}`;
  if (quality === 'wrong') return finding('clock', 'note', `${now}, which cannot be right`, advice);
  return finding('clock', 'note', `${now}, not known to be synchronised`, advice);
}
