/** When a certificate ends, in words: pure. */
import { span } from '../ui/format.ts';

/** Devices renew earlier: one that has so few days left has not been able to. */
export const DAYS_LEFT = 7;

/** @param endsAt milliseconds since 1970, as is `now` */
export function endText(endsAt: number, now: number): string {
  return endsAt <= now ? `ended ${span(now - endsAt)} ago` : `ends in ${span(endsAt - now)}`;
}
