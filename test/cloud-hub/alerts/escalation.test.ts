/** Nobody acknowledges: the channels of the next step are told; an acknowledgement ends that. */
import { expect, test } from 'vitest';
import { engineWith } from './engine-with.ts';

const MINUTE = 60_000;
const rule = {
  condition: { kind: 'offline' },
  ...{ channels: ['hook'], forS: 0, waitS: 0, everyS: 0 },
  steps: [
    { afterS: 300, channels: ['boss'] },
    { afterS: 900, channels: ['boss', 'chief'] },
  ],
};

async function goneFor(minutes: number, more: Record<string, unknown> = {}, devices = 1) {
  const world = await engineWith({ gone: { ...rule, ...more } }, devices);
  await world.clock.advance(5000);
  await world.turn(false);
  await world.clock.advance(1000);
  await world.minutes(minutes);
  const rows = async () => (await world.told()).map(({ channel, title }) => `${channel}: ${title}`);
  return { ...world, rows };
}

test('each step is told once, in its time, and those who were told hear of the end', async () => {
  const { clock, store, turn, rows, minutes } = await goneFor(4);
  expect(await rows()).toEqual(['hook: gone: box-0']);
  await minutes(2);
  expect(await rows()).toEqual(['hook: gone: box-0', 'boss: gone: box-0 (not acknowledged)']);
  await minutes(60);
  const steps = ['boss', 'boss', 'chief'].map((who) => `${who}: gone: box-0 (not acknowledged)`);
  expect(await rows()).toEqual(['hook: gone: box-0', ...steps]);
  const [, second] = await store.alertDeliveries.due(clock.wall());
  expect(second?.notification).toMatchObject({ step: 1, acknowledge: 'https://hub.example/#acknowledge=gone.boss' });
  await turn(true);
  await clock.advance(MINUTE);
  const ends = (await rows()).slice(4);
  expect(new Set(ends)).toEqual(new Set(['hook', 'boss', 'chief'].map((who) => `${who}: gone: box-0 (over)`)));
});

test('what somebody has acknowledged is neither escalated nor told again, and its end is told', async () => {
  const { clock, store, turn, rows, minutes } = await goneFor(1, { repeatS: 120 });
  const [alert] = await store.alerts.open();
  expect(await store.alerts.acknowledge(alert?.id ?? 0, clock.wall(), 'ann')).toBe(true);
  expect(await store.alerts.acknowledge(alert?.id ?? 0, clock.wall(), 'bob')).toBe(false);
  await minutes(60);
  expect(await rows()).toEqual(['hook: gone: box-0']);
  await turn(true);
  await clock.advance(MINUTE);
  expect(await rows()).toEqual(['hook: gone: box-0', 'hook: gone: box-0 (over)']);
});

test('a reminder is no acknowledgement, and alerts that fire later have times of their own', async () => {
  const { clock, turn, rows, ids } = await goneFor(
    0,
    { repeatS: 120, steps: [{ afterS: 300, channels: ['boss'] }] },
    2,
  );
  await turn(true, [ids[1] ?? '']);
  await clock.advance(4 * MINUTE);
  await turn(false, [ids[1] ?? '']);
  await clock.advance(2 * MINUTE);
  const boss = async () => (await rows()).filter((row) => row.startsWith('boss'));
  expect(await boss()).toEqual(['boss: gone: box-0 (not acknowledged)']);
  await clock.advance(4 * MINUTE);
  expect(await boss()).toEqual([0, 1].map((n) => `boss: gone: box-${n} (not acknowledged)`));
});

test('a thousand devices that nobody takes care of are one notification per step', async () => {
  const { rows } = await goneFor(20, {}, 1000);
  const all = await rows();
  expect(all.slice(-3)).toEqual(
    ['boss', 'boss', 'chief'].map((who) => `${who}: gone: 1000 devices (not acknowledged)`),
  );
  expect(all.length).toBeLessThan(12);
}, 60_000);
