/** A window of the week as people say it, and as the cron expressions that the hub reads. Pure. */
import type { AlertHours } from '../../contract/alert-hours.ts';

export const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

export interface Weekly {
  /** 0 is Sunday: the days on which it begins. */
  readonly days: readonly number[];
  /** `HH:MM`; an end that is not later than the begin is on the day after. */
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
}

/** @throws Error that says what to type */
export function hoursOf({ days, from, to, timezone }: Weekly): AlertHours {
  if (days.length === 0) throw new Error('Choose a day of the week.');
  const [begin, end] = [minuteOf(from), minuteOf(to)];
  const chosen = [...days].sort((a, b) => a - b);
  const after = chosen.map((day) => (day + 1) % 7).sort((a, b) => a - b);
  const cron = begin < end ? span(begin, end, chosen) : [...span(begin, 1440, chosen), ...span(0, end, after)];
  return { cron, timezone };
}

function minuteOf(text: string): number {
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const at = Number(hours) * 60 + Number(minutes);
  if (hours === '' || Number(hours) > 23 || Number(minutes) > 59)
    throw new Error(`"${text}" is no time of day; write one as 22:30.`);
  return at;
}

/** Minutes from `begin` to before `end` of a day. */
function span(begin: number, end: number, days: readonly number[]): string[] {
  const on = days.length === 7 ? '*' : days.join(',');
  const range = (a: number, b: number) => (a === b ? `${a}` : `${a}-${b}`);
  const line = (minutes: string, hours: string) => `${minutes} ${hours} * * ${on}`;
  if (begin >= end) return [];
  const [first, last] = [Math.floor(begin / 60), Math.floor((end - 1) / 60)];
  const [start, stop] = [begin % 60, (end - 1) % 60];
  if (first === last) return [line(start === 0 && stop === 59 ? '*' : range(start, stop), `${first}`)];
  const from = start === 0 ? first : first + 1;
  const to = stop === 59 ? last : last - 1;
  return [
    ...(start === 0 ? [] : [line(range(start, 59), `${first}`)]),
    ...(from > to ? [] : [line('*', range(from, to))]),
    ...(stop === 59 ? [] : [line(range(0, stop), `${last}`)]),
  ];
}
