/** Waves, the way back and failures on a real store, step by step: messages that get lost, boxes that are away. */
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RolloutExecutor } from '../../../cloud-hub/rollout/executor.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { serves } from './device.ts';
import { askedOf, digests, modelOf, refuses, Stage, stageOf } from './stage.ts';

describe('waves', () => {
  test('each begins when the one before has soaked, and its history says who was asked and why', async () => {
    const stage = await stageOf('a', 'b', 'c', 'd');
    expect(await stage.begin()).toMatchObject({ status: 'running', wave: 0, devices: { waiting: 1 } });
    const began = stage.clock.mono();
    await stage.untilQuiet(2);
    expect(await stage.rollout()).toMatchObject({ wave: 0, reason: 'wave 1 is soaking', devices: { active: 1 } });
    while ((await stage.rollout()).wave === 0) await stage.untilQuiet();
    expect(stage.clock.mono() - began).toBeGreaterThanOrEqual(60_000);
    expect(stage.clock.mono() - began).toBeLessThan(70_000);
    expect(await stage.rollout()).toMatchObject({ wave: 1, devices: { waiting: 1, active: 1 } });
    expect(await stage.rollout()).not.toHaveProperty('settledAt');
    for (let n = 0; n < 200 && (await stage.rollout()).status === 'running'; n++) await stage.untilQuiet();
    expect(await stage.rollout()).toMatchObject({
      status: 'done',
      wave: 2,
      devices: { active: 4, failed: 0, waiting: 0 },
    });
    const history = await stage.history();
    expect(history.map((h) => h.action)).toEqual(['created', 'asked', 'soaking', 'asked', 'soaking', 'asked', 'done']);
    const asked = history.filter((h) => h.action === 'asked').map((h) => h.detail);
    expect(asked.map((detail) => detail.wave)).toEqual([0, 1, 2]);
    expect(asked.flatMap((detail) => detail.devices)).toEqual(await askedOf(stage));
    expect(history.every((h) => h.actor === (h.action === 'created' ? 'ann' : 'hub'))).toBe(true);
    for (const id of ['a', 'b', 'c', 'd']) {
      expect(await modelOf(stage, id)).toEqual({
        name: 'bright',
        version: '1.0.0',
        digest: digests['1.0.0'],
        bytes: 9,
        target: 'bright/1.0.0.tar.gz',
        rollout: 'r1',
        proof: expect.anything(),
      });
      expect(stage.box(id).document).toEqual(await stage.store.desired.get(id));
    }
    // What people follow: the rollout each time, and those of its devices that changed.
    const reported = stage.news.filter(([, devices]) => devices.length > 0).flatMap(([, devices]) => devices);
    const [first] = await askedOf(stage);
    expect(reported.filter((id) => id === first)).toHaveLength(2);
  });

  test('a clock that is set back makes the soak longer, never shorter, and nobody late', async () => {
    const stage = await stageOf('a', 'b');
    await stage.begin({ timeoutS: 100 });
    await stage.untilQuiet(2);
    const soaks = (await stage.rollout()).settledAt;
    expect(soaks).toBeDefined();
    await stage.untilQuiet(50);
    stage.clock.setWall(stage.clock.wall() - 3_600_000);
    const set = stage.clock.mono();
    await stage.untilQuiet(6);
    expect(await stage.rollout()).toMatchObject({ wave: 0, status: 'running' });
    expect(Date.parse((await stage.rollout()).settledAt ?? '')).toBeLessThan(Date.parse(soaks ?? ''));
    while ((await stage.rollout()).wave === 0) await stage.untilQuiet();
    expect(stage.clock.mono() - set).toBeGreaterThanOrEqual(60_000);
    // It began once, though its end moved.
    expect((await stage.history()).map((h) => h.action)).toEqual(['created', 'asked', 'soaking', 'asked']);
  });

  test('a wait whose reason changes is no soak, and gets no line in the history', async () => {
    const stage = await stageOf('a', 'b', 'c');
    await stage.begin({
      waves: [
        { devices: 2, soakS: 60 },
        { percent: 100, soakS: 0 },
      ],
    });
    const [first = ''] = await askedOf(stage);
    await stage.clock.advance(1000);
    const reasons = [(await stage.rollout()).reason];
    stage.take(first);
    await stage.report(first);
    await stage.clock.advance(1000);
    reasons.push((await stage.rollout()).reason);
    await stage.setOnline(first, false);
    await stage.clock.advance(5000);
    reasons.push((await stage.rollout()).reason);
    expect(new Set(reasons).size).toBeGreaterThan(1);
    expect((await stage.history()).map((h) => h.action)).toEqual(['created', 'asked']);
  });

  test('an executor that was stopped decides nothing more, and can be stopped before it was started', async () => {
    const stage = await stageOf('a', 'b');
    await stage.begin();
    await stage.untilQuiet(2);
    await stage.report('a');
    await stage.report('b');
    await stage.executor.stop();
    const before = [await stage.rollout(), stage.news.length];
    await stage.clock.advance(200_000);
    expect([await stage.rollout(), stage.news.length]).toEqual(before);
    const { store, clock } = stage;
    const nothing = () => expect.fail('it does nothing');
    const log = createLogger('test', 'silent');
    await new RolloutExecutor({ store, clock, log, partFor: nothing, publish: nothing, changed: nothing }).stop();
  });

  test('a document that got lost is sent again when the box reports another one, and not otherwise', async () => {
    const stage = await stageOf('a');
    await stage.begin();
    stage.box('a').inbox = [];
    await stage.report('a');
    expect(stage.box('a').inbox).toEqual([await stage.store.desired.get('a')]);
    stage.take('a');
    await stage.report('a');
    expect(stage.box('a').inbox).toEqual([]);
    // A box that nobody has asked for anything is left alone.
    await stage.add('b');
    await stage.report('b');
    expect(stage.box('b').inbox).toEqual([]);
  });

  test('reports that come together are judged together, half a second later; time alone is looked at each five', async () => {
    const stage = await stageOf('a');
    await stage.begin({ waves: [{ percent: 100, soakS: 0 }] });
    stage.take('a');
    await stage.report('a');
    await stage.report('a');
    await stage.clock.advance(499);
    expect((await stage.rollout()).status).toBe('running');
    await stage.clock.advance(1);
    expect((await stage.rollout()).status).toBe('done');
    await stage.add('b');
    await stage.begin({ id: 'r2', timeoutS: 1, selector: { devices: ['b'] } }, '2.0.0');
    await stage.clock.advance(10_000);
    expect(await stage.rollout('r2')).toMatchObject({ status: 'rolled-back', devices: { failed: 1 } });
    // After its end no timer is left.
    await stage.executor.stop();
    await stage.executor.stop();
  });

  test('a report of an earlier document changes nothing but that the box is asked again', async () => {
    const stage = await stageOf('a');
    await stage.report('a');
    const [before] = stage.box('a').reported;
    await stage.begin();
    stage.fares = (_id, digest) => (digest === digests['1.0.0'] ? undefined : refuses('2.0.0'));
    await stage.untilQuiet(2);
    expect((await stage.rollout()).devices).toMatchObject({ active: 1 });
    await stage.report('a', before);
    await stage.clock.advance(1000);
    expect(await stage.rollout()).toMatchObject({ status: 'running', devices: { active: 0, waiting: 1 } });
    expect((await stage.rollout()).settledAt).toBeUndefined();
    await stage.untilQuiet(2);
    expect(await stage.rollout()).toMatchObject({ devices: { active: 1 }, reason: 'wave 1 is soaking' });
  });
});

describe('the way back', () => {
  test('gives each box what it had: the model of before, nothing, or what somebody has changed since', async () => {
    const stage = await stageOf('a', 'b', 'c');
    const all = { waves: [{ percent: 100, soakS: 0 }] };
    await stage.begin({ ...all, selector: { devices: ['a'] } });
    await stage.untilQuiet(2);
    expect((await stage.rollout()).status).toBe('done');
    const before = await modelOf(stage, 'a');
    await stage.begin({ id: 'r2', ...all }, '2.0.0');
    for (const id of ['a', 'b', 'c'])
      expect(await modelOf(stage, id)).toMatchObject({ version: '2.0.0', rollout: 'r2' });
    // Somebody else has changed that part of one box meanwhile.
    const other = await stage.store.desired.get('c');
    const changed = {
      ...other,
      models: { detector: { ...(await modelOf(stage, 'c')), rollout: 'by-hand' } },
      revision: digests['2.0.0'],
    };
    await stage.store.desired.set('c', changed as NonNullable<typeof other>, 0);
    stage.fares = (_id, digest) => (digest === digests['2.0.0'] ? refuses('2.0.0') : undefined);
    await stage.untilQuiet(2);
    expect(await stage.rollout('r2')).toMatchObject({
      status: 'rolled-back',
      reason: expect.stringMatching(/^gate failed: 2 of 3 devices failed, none may; a: proof: not finite$/),
    });
    expect(await modelOf(stage, 'a')).toEqual(before);
    expect((await stage.store.desired.get('b'))?.models).toEqual({});
    expect(await modelOf(stage, 'c')).toMatchObject({ rollout: 'by-hand' });
    const last = (await stage.history('r2')).at(-1);
    expect(last).toMatchObject({ action: 'rolled-back', actor: 'hub', detail: { devices: 2 } });
    expect((await stage.rollout('r2')).gates.find((g) => g.gate === 'failed')).toMatchObject({ state: 'tripped' });
    await stage.untilQuiet(2);
    for (const id of ['a', 'b']) expect(stage.box(id).document).toEqual(await stage.store.desired.get(id));
    // What is over stays over, whatever is reported.
    await stage.untilQuiet(5);
    expect((await stage.rollout('r2')).status).toBe('rolled-back');
    expect((await stage.history('r2')).at(-1)).toEqual(last);
  });

  test('of the streams leaves the models, and the other way round', async () => {
    const stage = await stageOf('a');
    const all = { waves: [{ percent: 100, soakS: 0 }] };
    await stage.begin(all);
    await stage.untilQuiet(2);
    const desire = (revision: string) => ({ id: revision.slice(7, 12), ...all, target: { kind: 'streams', revision } });
    const add = (name: string, fps: number) =>
      stage.rollouts.addStreams(name, { door: { source: 'rtsp://x/1', model: 'detector', fps } }, stage.act());
    const [first, second] = [await add('one', 1), await add('two', 2)];
    await stage.begin(desire(first));
    await stage.untilQuiet(2);
    expect((await stage.rollout(first.slice(7, 12))).status).toBe('done');
    const before = await stage.store.desired.get('a');
    expect(before).toMatchObject({ models: { detector: { rollout: 'r1' } }, streams: { revision: first } });
    await stage.begin({ ...desire(second), waves: [{ percent: 100, soakS: 600 }] });
    expect((await stage.store.desired.get('a'))?.streams?.revision).toBe(second);
    await stage.rollouts.abort(second.slice(7, 12), stage.act());
    expect(await stage.store.desired.get('a')).toEqual(before);
  });

  test('a failure is noted once, with its stage and what the shadow saw; one that is late may come to itself', async () => {
    const stage = await stageOf('a', 'b');
    await stage.begin({ waves: [{ percent: 100, soakS: 600 }], gates: { maxFailed: 0.5 }, timeoutS: 20 });
    stage.fares = (id, digest) => {
      if (id === 'b')
        return { candidate: { name: 'bright', version: '1.0.0', digest, phase: 'proving' }, failures: [] };
      const refused = refuses('1.0.0');
      const shadow = serves({ name: 'bright', version: '1.0.0', digest }).active?.shadow;
      return { ...refused, failures: refused.failures.map((f) => ({ ...f, shadow })) };
    };
    await stage.untilQuiet(3);
    expect(await stage.rollout()).toMatchObject({ status: 'running', devices: { failed: 1, working: 1 } });
    const failures = async () => (await stage.history()).filter((h) => h.action === 'device-failed');
    expect(await failures()).toMatchObject([
      { reason: 'a: proof: not finite', detail: { device: 'a', stage: 'proof', shadow: { frames: 200 } } },
    ]);
    stage.fares = (id, digest) =>
      id === 'a'
        ? undefined
        : { candidate: { name: 'bright', version: '1.0.0', digest, phase: 'proving' }, failures: [] };
    await stage.untilQuiet(22);
    expect(await stage.rollout()).toMatchObject({ status: 'running', devices: { failed: 1, active: 1 } });
    expect((await failures()).at(-1)).toMatchObject({
      reason: 'b: not done in time; its last word is proving',
      detail: { device: 'b', stage: 'late' },
    });
    stage.fares = () => undefined;
    await stage.untilQuiet(2);
    expect(await stage.rollout()).toMatchObject({ status: 'running', devices: { failed: 0, active: 2 } });
    expect(await failures()).toHaveLength(2);
  });
});

test('a rollout that cannot be decided does not stop another', async () => {
  const stage = await stageOf('a', 'b');
  await stage.begin(
    {
      waves: [
        { devices: 1, soakS: 0 },
        { percent: 100, soakS: 0 },
      ],
    },
    '2.0.0',
  );
  await stage.store.transact(async (tx) => tx.models.remove('bright', '2.0.0'));
  await stage.begin({ id: 'r2', target: { kind: 'model', model: 'other', package: 'bright@1.0.0' } });
  await stage.untilQuiet(3);
  // Its second wave has nothing to ask for any more.
  expect(await stage.rollout()).toMatchObject({ status: 'running', wave: 0 });
  expect(await askedOf(stage, 'r2')).toHaveLength(1);
});

test('a decision, what it changes in documents and its history are one transaction', async () => {
  const folder = tempFolder();
  const stage = await Stage.open(folder, ['a', 'b']);
  onTestFinished(() => stage.store.close());
  const other = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL' });
  onTestFinished(() => {
    other.close();
  });
  // The disk refuses the last of the three.
  other
    .prepare(
      `CREATE TRIGGER full BEFORE INSERT ON rollout_history WHEN NEW.action = 'asked' BEGIN SELECT RAISE(ABORT, 'full'); END`,
    )
    .run();
  await stage.begin();
  expect(await stage.rollout()).toMatchObject({ wave: -1, devices: { waiting: 0 } });
  expect([await stage.store.desired.get('a'), await stage.store.desired.get('b')]).toEqual([undefined, undefined]);
  expect([...stage.boxes.values()].flatMap((box) => box.inbox)).toEqual([]);
  other.prepare('DROP TRIGGER full').run();
  await stage.clock.advance(5000);
  expect(await stage.rollout()).toMatchObject({ wave: 0, devices: { waiting: 1 } });
  await stage.executor.stop();
});
