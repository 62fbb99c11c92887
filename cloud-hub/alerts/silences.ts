/** For which alerts a silence holds notifications back. Pure. */
import type { Silence } from '../contract/alert.ts';
import { type Labelled, selects } from '../rollout/cohort.ts';

/** Until when an alert of a rule on a device is silent; undefined: it is not. */
export function silentUntil(
  silences: readonly Silence[],
  rule: string,
  device: Labelled,
  now: number,
): number | undefined {
  const ends = silences
    .filter(
      (one) =>
        Date.parse(one.startsAt) <= now &&
        Date.parse(one.endsAt) > now &&
        (one.rules?.includes(rule) ?? true) &&
        selects(one.selector, device),
    )
    .map((one) => Date.parse(one.endsAt));
  return ends.length > 0 ? Math.max(...ends) : undefined;
}
