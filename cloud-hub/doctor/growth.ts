/** For how many days is there room for records? */
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { type HubConfig, keepOf } from '../config.ts';
import { type Look, lookAtGrowth } from '../retention/look.ts';

/** Enough to order a disk, or to decide what may end. */
const SOON_DAYS = 60;
const GB = 1e9;

/** Nothing to say of a hub that is new, or whose database `examineDatabase` complains of. */
export async function examineGrowth({ keep }: HubConfig, dataDir: string, now: number): Promise<Finding[]> {
  try {
    return judgeGrowth(await lookAtGrowth(dataDir, keepOf(keep), now));
  } catch {
    return [];
  }
}

/** Pure. */
export function judgeGrowth({ outlook, freeBytes }: Look): Finding[] {
  if (!outlook) return [];
  const { bytesPerDay, bytesInAYear, daysLeft } = outlook;
  const size = (bytes: number) => `${(bytes / GB).toFixed(1)} GB`;
  const rate = `records take ${size(bytesPerDay)} a day, at this rate ${size(bytesInAYear)} in a year`;
  const room = daysLeft === undefined ? 'enough for more than ten years' : `enough for ${daysLeft} days`;
  const text = `${rate}; ${size(freeBytes)} are free: ${room}`;
  if (daysLeft === undefined || daysLeft >= SOON_DAYS) return [finding('growth', 'ok', text)];
  return [
    finding(
      'growth',
      'note',
      text,
      'let old records end with --keep (see `vedette-hub retention`), or give the hub a larger disk',
    ),
  ];
}
