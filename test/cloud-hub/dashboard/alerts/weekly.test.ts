/** A window of the week as cron: the hub's own reader of cron says which minutes it names. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Hours } from '../../../../cloud-hub/alerts/hours.ts';
import { hoursOf } from '../../../../cloud-hub/dashboard/alerts/weekly.ts';

const MINUTE = 60_000;
/** A Sunday, 0:00 UTC. */
const SUNDAY = Date.UTC(2026, 2, 1);

test('the usual windows, as short as people would write them', () => {
  const cron = (days: number[], from: string, to: string) => hoursOf({ days, from, to, timezone: 'UTC' }).cron;
  expect(cron([0], '02:00', '04:00')).toEqual(['* 2-3 * * 0']);
  expect(cron([1, 2, 3, 4, 5], '8:30', '17:00')).toEqual(['30-59 8 * * 1,2,3,4,5', '* 9-16 * * 1,2,3,4,5']);
  expect(cron([6], '22:00', '06:00')).toEqual(['* 22-23 * * 6', '* 0-5 * * 0']);
  expect(cron([0, 1, 2, 3, 4, 5, 6], '00:00', '00:00')).toEqual(['* 0-23 * * *']);
});

test('it names exactly the minutes from its begin to before its end, on its days', () => {
  const text = (minute: number) => `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`;
  const days = fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 });
  const minute = fc.integer({ min: 0, max: 1439 });
  fc.assert(
    fc.property(days, minute, minute, fc.integer({ min: 0, max: 7 * 1440 - 1 }), (on, from, to, at) => {
      const hours = hoursOf({ days: on, from: text(from), to: text(to), timezone: 'UTC' });
      const [day, now] = [Math.floor(at / 1440), at % 1440];
      const today = on.includes(day);
      const yesterday = on.includes((day + 6) % 7);
      const wanted = from < to ? today && now >= from && now < to : (today && now >= from) || (yesterday && now < to);
      expect(new Hours().isOpen(hours, SUNDAY + at * MINUTE)).toBe(wanted);
    }),
    { numRuns: 300 },
  );
});

test('what is no time of day, and no day at all, is said in words', () => {
  const window = { days: [0], from: '02:00', to: '04:00', timezone: 'UTC' };
  for (const from of ['', '24:00', '2', '2:60', 'noon'])
    expect(() => hoursOf({ ...window, from })).toThrow(/no time of day; write one as 22:30/);
  expect(() => hoursOf({ ...window, days: [] })).toThrow(/day of the week/);
});
