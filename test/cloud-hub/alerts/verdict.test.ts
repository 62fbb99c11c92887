/** Rules that wait for the hub's second opinion on an event, and no longer than they may. */
import { expect, onTestFinished, test } from 'vitest';
import { AlertEngine } from '../../../cloud-hub/alerts/engine.ts';
import { alertCondition } from '../../../cloud-hub/contract/alert-rule.ts';
import type { Opinion } from '../../../cloud-hub/contract/opinion.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { until } from '../../support/until.ts';
import { ask, box, header, picture } from '../inference/asking.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { eventRecord, testDevice, testHub } from '../support.ts';
import { engineParts, engineWith } from './engine-with.ts';

const waiting = (more: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  condition: { kind: 'event', verdictS: 20, ...more },
  channels: ['hook'],
  everyS: 0,
  ...rest,
});

/** Events come and verdicts follow, as the hub stores them. */
async function waitingFor(rules: Record<string, unknown>) {
  const all = await engineWith(rules, 2);
  const { store, clock } = all;
  let { engine } = all;
  let seq = 0;
  /** A turn of the rules that has begun ends before the next transaction. */
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await store.transact(async () => undefined);
    await clock.advance(0);
  };
  // As when the rules were written.
  await store.transact(async (tx) => tx.alertSources.setProgress(await tx.alertSources.newest()));
  return {
    ...all,
    /** @param sample one hex digit; undefined: the hub is not asked. The stream says which alert is of this event */
    async event(stream: string, sample?: string, more: Record<string, unknown> = {}, device = 'box-0') {
      seq += 1;
      const asked = sample === undefined ? {} : { sample: sample.repeat(32) };
      const { seq: _, ...record } = eventRecord(seq, { stream, wall: clock.wall(), ...asked, ...more });
      const about = { device, epoch: 'e1', seq, receivedAt: clock.wall(), backfill: false, picture: undefined };
      const item = { ...about, record: recordBody.parse(record), body: JSON.stringify(record) };
      engine.heard(device, (await store.transact(async (tx) => tx.records.add([item as never]))) as never, false);
      await pass(500);
    },
    async verdict(sample: string, outcome: Opinion['outcome'], label?: string, device = 'box-0') {
      const hub = { model: 'big@1.0.0 (fp32)', label, score: 0.8, objects: [] };
      const opinion = { device, stream: 'door', sample: sample.repeat(32), receivedAt: clock.wall(), outcome, hub };
      const rest = { chosenBy: ['event'], edge: { objects: [] }, bytes: 1, ms: 1 };
      await store.transact(async (tx) => tx.opinions.add({ ...opinion, ...rest } as never));
      engine.amended();
      await pass(500);
    },
    /** As a hub that is killed and starts again. */
    async restart() {
      await engine.stop();
      engine = new AlertEngine({ store, clock, ...engineParts() });
      const next = engine;
      onTestFinished(() => next.stop());
      await engine.start();
      await pass(500);
    },
    alerts: async () =>
      (await store.alerts.open()).map(({ rule, subject, text, device }) => ({ rule, subject, text, device })),
    pass,
    subjects: async () => (await store.alerts.open()).map(({ rule, subject }) => `${rule}: ${subject}`).sort(),
  };
}

test('confirmed counts at once, withdrawn never, changed with its new label; rules that do not wait are as before', async () => {
  const { event, verdict, subjects, alerts, pass, told } = await waitingFor({
    sure: waiting({ label: 'person', minScore: 0.7 }),
    now: { condition: { kind: 'event', label: 'person' } },
  });
  await event('a', 'a');
  await event('b', 'b');
  await event('c', 'c', { label: 'dog', score: 0.3 });
  await event('d', 'd');
  expect(await subjects()).toEqual(['now: a', 'now: b', 'now: d']);
  await verdict('a', 'confirmed', 'person');
  await verdict('b', 'withdrawn');
  await verdict('c', 'changed', 'person');
  await verdict('d', 'changed', 'dog');
  await pass(60_000);
  expect((await subjects()).filter((one) => one.startsWith('sure'))).toEqual(['sure: a', 'sure: c']);
  expect((await alerts()).find(({ subject }) => subject === 'c')?.text).toBe('person enter (enter), score 0.80');
  expect(await told()).toHaveLength(2);
});

test('without a verdict an event counts when its time is over, not before; a later one changes no alert', async () => {
  const { event, verdict, subjects, pass, told } = await waitingFor({ sure: waiting() });
  await event('a', 'a');
  await pass(18_000);
  expect(await subjects()).toEqual([]);
  await pass(3000);
  expect(await subjects()).toEqual(['sure: a']);
  await verdict('a', 'withdrawn');
  expect(await subjects()).toEqual(['sure: a']);
  expect(await told()).toHaveLength(1);
});

test('each is looked at in its own time: behind another, and beside rules that wait longer', async () => {
  const { event, verdict, subjects, pass } = await waitingFor({
    sure: waiting(),
    patient: waiting({ verdictS: 300 }),
  });
  await event('a', 'a');
  await event('b');
  await event('c', 'c');
  await verdict('c', 'confirmed', 'person');
  await pass(21_000);
  expect(await subjects()).toEqual(['sure: a', 'sure: b', 'sure: c']);
  await pass(280_000);
  expect((await subjects()).filter((one) => one.startsWith('patient'))).toEqual([
    'patient: a',
    'patient: b',
    'patient: c',
  ]);
});

test('not asked about: at once. Not selected: it holds nobody up. A verdict for another device is none', async () => {
  const { event, verdict, subjects } = await waitingFor({
    sure: waiting({}, { selector: { devices: ['box-0'] } }),
  });
  await event('z', 'a', {}, 'box-1');
  await event('a');
  expect(await subjects()).toEqual(['sure: a']);
  await event('b', 'b');
  await verdict('b', 'confirmed', 'person', 'box-1');
  expect(await subjects()).toEqual(['sure: a']);
  await verdict('b', 'confirmed', 'person');
  expect(await subjects()).toEqual(['sure: a', 'sure: b']);
});

test('a hub that is killed while events wait tells each of them once', async () => {
  const { event, verdict, restart, subjects, pass, told } = await waitingFor({ sure: waiting() });
  await event('a', 'a');
  await verdict('a', 'confirmed', 'person');
  await event('b', 'b');
  await event('c', 'c');
  await restart();
  expect(await subjects()).toEqual(['sure: a']);
  await verdict('b', 'withdrawn');
  await verdict('c', 'confirmed', 'person');
  await restart();
  await pass(60_000);
  expect(await subjects()).toEqual(['sure: a', 'sure: c']);
  expect(await told()).toHaveLength(2);
});

test('only events wait, for a second to ten minutes', () => {
  const pathsOf = (condition: Record<string, unknown>) =>
    alertCondition.safeParse(condition).error?.issues.map(({ path }) => path.join('.'));
  expect(pathsOf({ kind: 'event', verdictS: 600 })).toBeUndefined();
  expect(pathsOf({ kind: 'offline', verdictS: 20 })).toEqual(['verdictS']);
  for (const verdictS of [0, 601, 1.5, 'soon']) expect(pathsOf({ kind: 'event', verdictS })).toEqual(['verdictS']);
});

test('a whole hub: the verdict of its model decides', { timeout: 60_000 }, async () => {
  const hub = await testHub({ config: { secondOpinion: 'bright@1.0.0' } });
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { boxCells: 1 })).bytes)).status).toBe(201);
  const headers = { 'content-type': 'application/json' };
  const rule = JSON.stringify({ condition: { kind: 'event', verdictS: 600 } });
  expect((await hub.api('/alert-rules/sure', { method: 'PUT', headers, body: rule })).status).toBe(200);
  const device = await testDevice(hub, 'cam');
  for (const [n, bright] of [false, true].entries()) {
    const sample = header();
    const seq = n + 1;
    const records = [eventRecord(seq, { sample: sample.id, box, wall: Date.now(), stream: bright ? 'lit' : 'unlit' })];
    await device.publish('records', { epoch: 'e1', from: seq, to: seq, records });
    await device.nextAck();
    await ask(device, sample, await picture(bright));
  }
  const alerts = async () => (await hub.json<{ items: { subject: string }[] }>('/alerts')).items;
  // In order: the first one would stand before it.
  await until(async () => (await alerts()).length > 0, 'an alert');
  expect(await alerts()).toMatchObject([{ subject: 'lit' }]);
});
