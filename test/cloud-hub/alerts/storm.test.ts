/** Many devices at once, on a real database, with a clock that the test moves. */
import { expect, onTestFinished, test } from 'vitest';
import { AlertEngine } from '../../../cloud-hub/alerts/engine.ts';
import { MOST_SUBJECTS } from '../../../cloud-hub/alerts/standings.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { eventRecord } from '../support.ts';
import { engineParts, engineWith } from './engine-with.ts';

test('ten thousand devices go offline at once: one notification, and one when they are back', async () => {
  const { clock, store, turn, told } = await engineWith(
    { gone: { condition: { kind: 'offline' }, channels: ['hook'], forS: 60 } },
    10_000,
  );
  await clock.advance(5000);
  await turn(false);
  await clock.advance(59_000);
  expect(await told()).toEqual([]);
  await clock.advance(15_000);
  const [first, ...more] = await told();
  expect(more).toEqual([]);
  expect(first?.title).toBe('gone: 10000 devices');
  expect(await store.alerts.open()).toHaveLength(10_000);
  await turn(true);
  await clock.advance(120_000);
  expect((await told()).map(({ title }) => title)).toEqual(['gone: 10000 devices', 'gone: 10000 devices (over)']);
  expect(await store.alerts.open()).toEqual([]);
});

test('a device that is back in time tells nobody; flapping is gathered', async () => {
  const { clock, turn, told } = await engineWith(
    { gone: { condition: { kind: 'offline' }, channels: ['hook'], forS: 10, waitS: 0, everyS: 300 } },
    3,
  );
  for (let i = 0; i < 3; i++) {
    await turn(false, ['box-1']);
    await clock.advance(8000);
    await turn(true, ['box-1']);
    await clock.advance(8000);
  }
  expect(await told()).toEqual([]);
  for (let i = 0; i < 5; i++) {
    await turn(false, ['box-1']);
    await clock.advance(15_000);
    await turn(true, ['box-1']);
    await clock.advance(15_000);
  }
  expect(await told()).toHaveLength(1);
});

test('a restart of the hub begins the wait anew, keeps what fires, and tells nothing twice', async () => {
  const { clock, store, engine, turn, told } = await engineWith(
    { gone: { condition: { kind: 'offline' }, channels: ['hook'], forS: 60, waitS: 0 } },
    2,
  );
  await turn(false, ['box-0']);
  await clock.advance(70_000);
  expect(await told()).toHaveLength(1);
  await engine.stop();
  await store.devices.allOffline();
  const next = new AlertEngine({ store, clock, ...engineParts() });
  onTestFinished(() => next.stop());
  await next.start();
  await clock.advance(30_000);
  await store.transact(async (tx) => tx.devices.noteContact('box-1', { online: true }, clock.wall()));
  next.heard('box-1', [], true);
  await clock.advance(200_000);
  expect(await told()).toHaveLength(1);
  expect(await store.alerts.open()).toMatchObject([{ device: 'box-0' }]);
});

test('a device that is removed, and a rule that is, end their alerts', async () => {
  const { clock, store, engine, turn } = await engineWith(
    { gone: { condition: { kind: 'offline' }, forS: 0 }, other: { condition: { kind: 'offline' }, forS: 0 } },
    2,
  );
  await turn(false);
  await clock.advance(2000);
  expect(await store.alerts.open()).toHaveLength(4);
  await store.transact(async (tx) => tx.devices.remove('box-0'));
  await clock.advance(130_000);
  expect((await store.alerts.open()).map(({ device }) => device)).toEqual(['box-1', 'box-1']);
  await store.transact(async (tx) => tx.alertRules.removeRule('gone'));
  await engine.changed();
  await clock.advance(2000);
  expect(await store.alerts.open()).toMatchObject([{ rule: 'other', device: 'box-1' }]);
});

test('a device that invents streams gets some hundred alerts of a rule, and one for all the others', async () => {
  const streams = 2000;
  const { clock, store, engine, ids } = await engineWith(
    {
      each: { condition: { kind: 'event' }, channels: ['hook'], everyS: 0 },
      thrice: { condition: { kind: 'event', count: 3, withinS: 600 }, channels: ['hook'], everyS: 0 },
    },
    1,
  );
  // As when the rules were written.
  await store.transact(async (tx) => tx.alertSources.setProgress(await tx.alertSources.newest()));
  const [device = ''] = ids;
  const epoch = 'e1';
  for (let seq = 1; seq <= 3 * streams; seq++) {
    const { seq: _, ...record } = eventRecord(seq, { stream: `stream-${seq % streams}`, wall: clock.wall() });
    const about = { device, epoch, seq, receivedAt: clock.wall(), backfill: false };
    const stored = await store.transact(async (tx) =>
      tx.records.add([
        {
          ...about,
          record: recordBody.parse(record),
          body: JSON.stringify(record),
          picture: undefined,
        },
      ]),
    );
    engine.heard(device, stored, false);
  }
  await clock.advance(5000);
  for (const rule of ['each', 'thrice']) {
    const open = (await store.alerts.open()).filter((one) => one.rule === rule);
    expect(open.length).toBe(MOST_SUBJECTS + 1);
    expect(open.filter(({ subject }) => subject === '')).toHaveLength(1);
    // Nothing is left out of the count.
    if (rule === 'each') expect(open.reduce((sum, { count }) => sum + count, 0)).toBe(3 * streams);
  }
});
