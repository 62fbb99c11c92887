import { getTasks } from 'node-cron';
import { expect, test } from 'vitest';
import { createSchedule, schedule } from '../../../../shared/contract/config/schedule.ts';

const due = (config: unknown, iso: string) => createSchedule(schedule.parse(config))(Date.parse(iso));
const office = { cron: ['* 8-17 * * 1-5'], timezone: 'Europe/Zurich' };

test.each([
  ['2026-07-06T05:59:59Z', false, 'before 8 in summer time'],
  ['2026-07-06T06:00:00Z', true, '8 in summer time'],
  ['2026-07-06T15:59:59.999Z', true, 'the last moment before 18'],
  ['2026-07-06T16:00:00Z', false, '18'],
  ['2026-12-07T06:30:00Z', false, '7:30 in winter'],
  ['2026-12-07T07:30:00Z', true, '8:30 in winter'],
  ['2026-07-05T10:00:00Z', false, 'a Sunday'],
])('%s: %s, %s', (iso, expected) => {
  expect(due(office, iso)).toBe(expected);
});

test('a night over midnight, and any of several expressions', () => {
  const night = { cron: ['* 22-23 * * *', '* 0-5 * * *'], timezone: 'UTC' };
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const open = hours.filter((hour) => due(night, new Date(Date.UTC(2026, 5, 10, hour, 30)).toISOString()));
  expect(open).toEqual([0, 1, 2, 3, 4, 5, 22, 23]);
});

test('short forms: an expression, a list', () => {
  expect(schedule.parse('* 8 * * *')).toEqual({ cron: ['* 8 * * *'] });
  expect(schedule.parse(['* 8 * * *', '* 9 * * *'])).toEqual({ cron: ['* 8 * * *', '* 9 * * *'] });
});

test('a clock that was never set: every moment is in the schedule', () => {
  expect(due(office, '1970-01-04T03:00:00Z')).toBe(true);
});

test('the answer follows the clock, also backwards', () => {
  const open = createSchedule(schedule.parse(office));
  const at = (iso: string) => open(Date.parse(iso));
  expect([at('2026-07-06T06:00:00Z'), at('2026-07-06T17:00:00Z'), at('2026-07-06T06:00:00Z')]).toEqual([
    true,
    false,
    true,
  ]);
});

test('no task of the library is left behind', () => {
  const before = getTasks().size;
  for (let i = 0; i < 20; i++) createSchedule(schedule.parse(office));
  expect(getTasks().size).toBe(before);
});

test.each([
  ['* 25 * * *', /hour/],
  ['0 * 8 * * *', /five fields/],
  ['soon', /five fields/],
  ['', /five fields/],
])('"%s" is refused', (cron, message) => {
  expect(schedule.safeParse(cron).error?.message).toMatch(message);
});

test('a time zone that there is not', () => {
  const { error } = schedule.safeParse({ cron: '* * * * *', timezone: 'Mars/Base' });
  expect(error?.issues.map((i) => i.path.join('.'))).toContain('timezone');
});
