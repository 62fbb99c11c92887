/** Maintenance windows that recur, and hours of rules: in their time zone, also on the days when clocks change. */
import { expect, test } from 'vitest';
import { Hours, whyNotHours } from '../../../cloud-hub/alerts/hours.ts';
import { newSilence } from '../../../cloud-hub/contract/alert.ts';
import { engineWith } from './engine-with.ts';

const MINUTE = 60_000;
/** Sundays from 2:00 to 3:59 in Berlin: the hours in which clocks change there. */
const sundays = { cron: ['* 2-3 * * 0'], timezone: 'Europe/Berlin' };

/** Minutes of a day (UTC) that are open. */
function openMinutes(day: string, hours = sundays): string[] {
  const all = new Hours();
  const begin = Date.parse(`${day}T00:00:00Z`);
  const minutes = Array.from({ length: 24 * 60 }, (_, n) => begin + n * MINUTE);
  const open = minutes.filter((at) => all.isOpen(hours, at));
  return [open.at(0), open.at(-1), open.length].map((at) =>
    at && at > 1e6 ? new Date(at).toISOString().slice(11, 16) : `${at}`,
  );
}

test('a window follows the clock on the wall through daylight saving', () => {
  // Winter and summer: two hours, which are an hour apart in UTC.
  expect(openMinutes('2026-03-22')).toEqual(['01:00', '02:59', '120']);
  expect(openMinutes('2026-04-05')).toEqual(['00:00', '01:59', '120']);
  // In spring the hour from two is none; in autumn it comes twice.
  expect(openMinutes('2026-03-29')).toEqual(['01:00', '01:59', '60']);
  expect(openMinutes('2026-10-25')).toEqual(['00:00', '02:59', '180']);
  expect(openMinutes('2026-10-26')).toEqual(['undefined', 'undefined', '0']);
});

test('hours that nobody can read are refused', () => {
  const why = (...hours: Parameters<typeof whyNotHours>) => whyNotHours(...hours)[0];
  expect(why({ cron: ['* 25 * * *'], timezone: 'UTC' })?.path).toEqual(['cron', 0]);
  expect(why({ cron: ['* * * *  '], timezone: 'UTC' })?.message).toMatch(/five fields/);
  expect(why({ cron: ['* * * * *'], timezone: 'Mars/North' })?.path).toEqual(['timezone']);
  expect(why(sundays)).toBeUndefined();
  const long = { startsAt: '2026-01-01T00:00:00Z', endsAt: '2030-01-01T00:00:00Z' };
  expect(newSilence.safeParse(long).success).toBe(false);
  expect(newSilence.safeParse({ ...long, schedule: sundays }).success).toBe(true);
});

const gone = { condition: { kind: 'offline' }, channels: ['hook'], forS: 0, waitS: 0, everyS: 0 };

test('a weekly window holds back, and what still fires at its end is told then, each week anew', async () => {
  // Saturday evening, a week before clocks change.
  const world = await engineWith({ gone }, 2, Date.parse('2026-03-21T22:00:00Z'));
  const { clock, store, turn, told, minutes } = world;
  const body = newSilence.parse({ endsAt: '2026-12-01T00:00:00Z', schedule: sundays });
  await store.transact(async (tx) => tx.alertRules.addSilence(body, { at: clock.wall(), actor: 'ann' }));
  await world.engine.changed();
  await minutes(185);
  await turn(false, ['box-0']);
  await turn(false, ['box-1']);
  await minutes(10);
  await turn(true, ['box-1']);
  await minutes(60);
  expect(await told()).toEqual([]);
  await minutes(46);
  const times = async () => (await told()).map(({ title, createdAt }) => `${title} ${createdAt.slice(0, 16)}`);
  // What began and ended within it is told by nobody.
  expect(await times()).toEqual(['gone: box-0 2026-03-22T03:00']);
  await turn(true);
  await clock.advance(MINUTE);
  expect(await times()).toHaveLength(2);
}, 60_000);

test('while two thousand devices are silent, what is new is told at once, and each turn stays short', async () => {
  const world = await engineWith({ gone }, 2001);
  const { clock, store, turn, told, ids } = world;
  const last = ids.at(-1) ?? '';
  await store.transact(async (tx) => tx.devices.setLabels(last, { site: 'oslo' }));
  const body = newSilence.parse({ endsAt: '2026-12-01T00:00:00Z', selector: { labels: { site: 'berlin' } } });
  await store.transact(async (tx) => tx.alertRules.addSilence(body, { at: clock.wall(), actor: 'ann' }));
  await world.engine.changed();
  await clock.advance(5000);
  await turn(false, ids.slice(0, 2000));
  await clock.advance(30_000);
  expect(await store.alerts.open()).toHaveLength(2000);
  expect(await told()).toEqual([]);
  let asked = 0;
  const { labels } = store.devices;
  store.devices.labels = (device) => {
    asked++;
    return labels(device);
  };
  for (let n = 0; n < 20; n++) {
    await turn(n % 2 === 1, [last]);
    await clock.advance(1000);
  }
  expect((await told()).map(({ title }) => title).slice(0, 2)).toEqual([`gone: ${last}`, `gone: ${last} (over)`]);
  expect(asked).toBeLessThan(5000);
  // Labels that change are seen within a minute.
  await store.transact(async (tx) => tx.devices.setLabels('box-7', { site: 'oslo' }));
  await clock.advance(61_000);
  expect((await told()).at(-1)?.title).toBe('gone: box-7');
}, 60_000);

test('outside of its hours a rule tells nobody, and escalates nothing', async () => {
  const hours = { cron: ['* 8-17 * * 1-5'], timezone: 'Europe/Berlin' };
  const steps = [{ afterS: 600, channels: ['boss'] }];
  // A Friday, a quarter before six in the evening in Berlin.
  const { clock, turn, told, minutes } = await engineWith(
    { gone: { ...gone, hours, steps } },
    1,
    Date.parse('2026-03-27T16:55:00Z'),
  );
  await turn(false);
  await clock.advance(2 * MINUTE);
  expect((await told()).map(({ channel }) => channel)).toEqual(['hook']);
  await minutes(20);
  expect(await told()).toHaveLength(1);
  // On Monday clocks have changed: eight o'clock is six in UTC.
  clock.setWall(Date.parse('2026-03-30T05:58:30Z'));
  await clock.advance(3 * MINUTE);
  expect((await told()).map(({ channel, createdAt }) => `${channel} ${createdAt.slice(0, 16)}`).at(-1)).toBe(
    'boss 2026-03-30T06:00',
  );
}, 60_000);
