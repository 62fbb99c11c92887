/** For which alerts a silence holds notifications back. Pure, apart from the hours that it asks. */
import type { Silence } from '../contract/alert.ts';
import { type Labelled, selects } from '../rollout/cohort.ts';
import type { StoredSilence } from '../store/alert-rules.ts';
import { type Hours, nextMinute } from './hours.ts';

/** Until when an alert of a rule on a device is silent (of a window that recurs: at least); undefined: it is not. */
export function silentUntil(
  silences: readonly StoredSilence[],
  rule: string,
  device: Labelled,
  now: number,
  hours: Pick<Hours, 'isOpen'>,
): number | undefined {
  const ends = silences
    .filter((one) => isActive(one, now, hours) && (one.rules?.includes(rule) ?? true) && selects(one.selector, device))
    .map(({ endsAt, schedule }) => (schedule ? Math.min(Date.parse(endsAt), nextMinute(now)) : Date.parse(endsAt)));
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

export function isActive(
  { startsAt, endsAt, schedule }: Omit<Silence, 'active'>,
  now: number,
  hours: Pick<Hours, 'isOpen'>,
): boolean {
  if (Date.parse(startsAt) > now || Date.parse(endsAt) <= now) return false;
  return schedule === undefined || hours.isOpen(schedule, now);
}
