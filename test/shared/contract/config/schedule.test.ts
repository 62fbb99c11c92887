import fc from 'fast-check';
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

test('white space around an expression and between its fields does not matter; more than five fields do', () => {
  for (const cron of [' * 8 * * * ', '*   8  * * *']) {
    expect(schedule.parse(cron)).toEqual({ cron: [cron] });
    expect(due({ cron: [cron], timezone: 'UTC' }, '2026-07-06T08:30:00Z')).toBe(true);
    expect(due({ cron: [cron], timezone: 'UTC' }, '2026-07-06T09:00:00Z')).toBe(false);
  }
});

test('the clock counts as set from the first moment of 2026', () => {
  const never = { cron: ['0 0 29 2 *'], timezone: 'UTC' };
  expect(due(never, '2025-12-31T23:59:59.999Z')).toBe(true);
  expect(due(never, '2026-01-01T00:00:00.000Z')).toBe(false);
  expect(due(never, '2026-01-01T00:00:59.999Z')).toBe(false);
});

test('without a time zone it is that of the machine', () => {
  const noon = new Date(2026, 5, 10, 12, 30);
  const open = createSchedule(schedule.parse('* 12 * * *'));
  expect(open(noon.getTime())).toBe(true);
  expect(open(noon.getTime() + 3_600_000)).toBe(false);
});

test('each minute is matched as its own expression says, over a whole year', () => {
  const field = (min: number, max: number) =>
    fc.oneof(
      fc.constant({ text: '*', has: (_n: number) => true }),
      fc.integer({ min, max }).map((at) => ({ text: String(at), has: (n: number) => n === at })),
      fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([a, b]) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        return { text: `${from}-${to}`, has: (n: number) => n >= from && n <= to };
      }),
    );
  const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) });
  fc.assert(
    fc.property(
      field(0, 59),
      field(0, 23),
      field(1, 12),
      fc.array(moment, { minLength: 1, maxLength: 20 }),
      (minute, hour, month, moments) => {
        const open = createSchedule(
          schedule.parse({ cron: `${minute.text} ${hour.text} * ${month.text} *`.split('|'), timezone: 'UTC' }),
        );
        for (const at of moments) {
          const date = new Date(at);
          expect(open(at)).toBe(
            minute.has(date.getUTCMinutes()) && hour.has(date.getUTCHours()) && month.has(date.getUTCMonth() + 1),
          );
        }
      },
    ),
  );
});

test('a time zone that there is not', () => {
  const { error } = schedule.safeParse({ cron: '* * * * *', timezone: 'Mars/Base' });
  expect(error?.issues.map((i) => i.path.join('.'))).toContain('timezone');
});
