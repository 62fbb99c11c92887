/** What people do with rollouts, and boxes that come later, step by step on a real store. */
import { describe, expect, test } from 'vitest';
import { askedOf, digests, modelOf, refuses, stageOf } from './stage.ts';

describe('people', () => {
  test('a pause asks nobody and still rolls back; a resume begins the soak anew; a waived gate trips no more', async () => {
    const stage = await stageOf('a', 'b', 'c', 'd');
    await stage.begin();
    await stage.untilQuiet(30);
    const paused = await stage.rollouts.pause('r1', stage.act());
    expect(paused).toMatchObject({ status: 'paused', reason: 'paused by ann', settledAt: undefined });
    await stage.untilQuiet(100);
    expect(await stage.rollout()).toMatchObject({ status: 'paused', wave: 0, devices: { active: 1 } });
    const resumed = stage.clock.mono();
    await stage.rollouts.resume('r1', ['failed', 'drift'], stage.act());
    expect(await stage.rollout()).toMatchObject({ status: 'running', waived: ['failed', 'drift'] });
    while ((await stage.rollout()).wave === 0) await stage.untilQuiet();
    expect(stage.clock.mono() - resumed).toBeGreaterThanOrEqual(60_000);
    await stage.rollouts.pause('r1', stage.act());
    await stage.rollouts.resume('r1', ['drift', 'latency'], stage.act());
    expect((await stage.rollout()).waived).toEqual(['failed', 'drift', 'latency']);
    const failing = (await askedOf(stage))[0] ?? '';
    stage.fares = (id) => (id === failing ? refuses('1.0.0') : undefined);
    await stage.untilQuiet(3);
    expect(await stage.rollout()).toMatchObject({ status: 'running', devices: { failed: 1 } });
    expect((await stage.rollout()).gates[0]).toMatchObject({ gate: 'failed', state: 'tripped' });
    const reasons = (await stage.history()).map((h) => `${h.actor}: ${h.reason}`);
    expect(reasons).toContain('ann: resumed by ann; overruled: failed, drift');
    expect(reasons).toContain('ann: paused by ann');
    const audit = await stage.store.audit.list({ limit: 10 });
    expect(audit.map((entry) => [entry.action, entry.subject, entry.detail])).toEqual([
      ['rollout.resume', 'r1', { waived: ['drift', 'latency'] }],
      ['rollout.pause', 'r1', {}],
      ['rollout.resume', 'r1', { waived: ['failed', 'drift'] }],
      ['rollout.pause', 'r1', {}],
      ['rollout.create', 'r1', { subject: 'model:detector' }],
    ]);
  });

  test('`pause` on failure pauses once, and waits there for somebody who waives, aborts or resumes', async () => {
    const stage = await stageOf('a', 'b');
    await stage.begin({ onFailure: 'pause' });
    const [first = ''] = await askedOf(stage);
    stage.fares = (id) => (id === first ? refuses('1.0.0') : undefined);
    await stage.untilQuiet(10);
    expect(await stage.rollout()).toMatchObject({ status: 'paused', devices: { failed: 1 } });
    expect((await stage.history()).filter((h) => h.action === 'paused')).toHaveLength(1);
    expect(await modelOf(stage, first)).toMatchObject({ version: '1.0.0' });
    // Not overruled: it trips at once again.
    await stage.rollouts.resume('r1', [], stage.act());
    expect((await stage.rollout()).status).toBe('paused');
    await stage.rollouts.resume('r1', ['failed'], stage.act());
    await stage.untilQuiet(3);
    expect(await stage.rollout()).toMatchObject({ status: 'running', wave: 0 });
    await stage.rollouts.abort('r1', stage.act());
    expect(await stage.rollout()).toMatchObject({ status: 'aborted', reason: 'aborted by ann' });
    expect((await stage.store.desired.get(first))?.models).toEqual({});
    for (const act of ['pause', 'abort'] as const) {
      await expect(stage.rollouts[act]('r1', stage.act())).rejects.toThrow('the rollout r1 is over: aborted');
    }
    await expect(stage.rollouts.resume('r1', [], stage.act())).rejects.toThrow('the rollout r1 is over: aborted');
    await expect(stage.rollouts.pause('none', stage.act())).rejects.toThrow('there is no rollout "none"');
  });

  test('two rollouts of the same are refused while one is open, and an id is used once', async () => {
    const stage = await stageOf('a');
    await stage.begin();
    await expect(stage.begin({ id: 'r2' })).rejects.toThrow('the rollout r1 changes model:detector already');
    await stage.rollouts.pause('r1', stage.act());
    await expect(stage.begin({ id: 'r2' })).rejects.toThrow(/wait for its end or abort it/);
    // Another model may travel meanwhile.
    await stage.begin({ id: 'r3', target: { kind: 'model', model: 'other', package: 'bright@2.0.0' } });
    await stage.rollouts.abort('r1', stage.act());
    await expect(stage.begin()).rejects.toThrow('there was a rollout r1 already: choose another id');
    expect((await stage.begin({ id: 'r4' })).status).toBe('running');
    await expect(stage.begin({ id: 'r5', target: { kind: 'streams', revision: digests['1.0.0'] } })).rejects.toThrow(
      `there is no set of streams ${digests['1.0.0']}`,
    );
    const made = await stage.rollouts.preview({
      ...(await stage.rollouts.get('r4')).plan,
      target: { kind: 'model', model: 'x', package: 'bright@1.0.0' },
      dryRun: true,
    });
    expect(made).toEqual({ id: expect.stringMatching(/^r-[0-9a-f]{10}$/), waves: [['a'], [], []], warnings: [] });
  });

  test('the waves of an open rollout: who was asked, and who would come next', async () => {
    const stage = await stageOf('a', 'b', 'c', 'd');
    await stage.begin({ selector: { devices: ['a', 'b', 'c'] } });
    const [first = ''] = await askedOf(stage);
    const planned = (await stage.rollouts.waves('r1')).waves;
    expect(planned.map((wave) => wave.length)).toEqual([1, 1, 1]);
    expect(planned[0]).toEqual([first]);
    expect(planned.flat().toSorted()).toEqual(['a', 'b', 'c']);
    while ((await stage.rollout()).wave < 1) await stage.untilQuiet();
    expect((await stage.rollouts.waves('r1')).waves).toEqual(planned);
    while ((await stage.rollout()).status === 'running') await stage.untilQuiet();
    expect((await stage.rollouts.waves('r1')).waves).toEqual(planned);
    await expect(stage.rollouts.waves('none')).rejects.toThrow('there is no rollout "none"');
  });
});

describe('newcomers', () => {
  test('are asked once for what a done rollout asked of all, unless something else holds or is under way for them', async () => {
    const stage = await stageOf('a');
    const all = { waves: [{ percent: 100, soakS: 0 }] };
    await stage.begin(all);
    await stage.untilQuiet(2);
    await stage.add('b');
    await stage.report('b');
    expect(await modelOf(stage, 'b')).toMatchObject({ rollout: 'r1' });
    await stage.untilQuiet(3);
    const asked = (await stage.history()).filter((h) => h.action === 'asked');
    expect(asked.map((h) => h.detail)).toEqual([
      { wave: 0, devices: ['a'] },
      { wave: 0, devices: ['b'] },
    ]);
    expect(stage.box('b').document).toEqual(await stage.store.desired.get('b'));
    // A newer one that is done counts, an open one that will ask it counts more, an aborted one not at all.
    await stage.begin({ id: 'r2', ...all, selector: { labels: { site: 'x' } } }, '2.0.0');
    await stage.add('c');
    await stage.report('c');
    expect(await modelOf(stage, 'c')).toMatchObject({ rollout: 'r1' });
    await stage.add('d');
    await stage.store.devices.setLabels('d', { site: 'x' });
    await stage.report('d');
    expect(await modelOf(stage, 'd')).toBeUndefined();
    await stage.rollouts.abort('r2', stage.act());
    await stage.report('d');
    expect(await modelOf(stage, 'd')).toMatchObject({ rollout: 'r1', version: '1.0.0' });
    await stage.begin({ id: 'r3', ...all, selector: { devices: ['a', 'e'] } }, '2.0.0');
    await stage.untilQuiet(3);
    expect((await stage.rollout('r3')).status).toBe('done');
    await stage.add('e');
    await stage.add('f');
    for (const id of ['e', 'f']) await stage.report(id);
    expect(await modelOf(stage, 'e')).toMatchObject({ rollout: 'r3' });
    expect(await modelOf(stage, 'f')).toMatchObject({ rollout: 'r1' });
  });

  test('one that cannot be asked does not stop the others', async () => {
    const stage = await stageOf('a');
    const all = { waves: [{ percent: 100, soakS: 0 }] };
    const revision = await stage.rollouts.addStreams('one', {}, stage.act());
    await stage.begin(all);
    await stage.begin({ ...all, id: 'r2', target: { kind: 'streams', revision } });
    await stage.untilQuiet(2);
    await stage.store.transact(async (tx) => tx.models.remove('bright', '1.0.0'));
    await stage.add('b');
    await stage.report('b');
    expect(await stage.store.desired.get('b')).toMatchObject({ models: {}, streams: { revision } });
  });
});
