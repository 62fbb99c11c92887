/** A rollout through API, store, broker and devices, by real time: soaks are short. */
import { describe, expect, test } from 'vitest';
import { page } from '../../../cloud-hub/contract/page.ts';
import { progressText } from '../../../cloud-hub/contract/progress-text.ts';
import {
  rolloutDevice as deviceRow,
  type Rollout,
  rollout,
  rolloutEvent,
  rolloutPreview,
} from '../../../cloud-hub/contract/rollout.ts';
import { type Clock, systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { problemOf } from '../api/problems.ts';
import { archiveOf, Owner, upload } from '../registry/package.ts';
import { addDevice, type TestHub, testDevice, testHub } from '../support.ts';
import { failsBy, rolloutDevice, serves } from './device.ts';

const waves = [
  { devices: 1, soakS: 0 },
  { percent: 100, soakS: 0 },
];

async function withModel(versions = ['1.0.0'], folder = tempFolder(), clock: Clock = systemClock) {
  const hub = await testHub({ folder, clock });
  const archives = await Promise.all(versions.map((version) => archiveOf(version)));
  for (const { bytes } of archives) await upload(hub, bytes);
  const owner = await Owner.of(hub);
  await owner.sign(archives);
  return { hub, archives, folder };
}

const desire = (more: Record<string, unknown> = {}, version = '1.0.0') => ({
  target: { kind: 'model', model: 'detector', package: `bright@${version}` },
  waves,
  ...more,
});

async function begin(hub: TestHub, body: unknown): Promise<Rollout> {
  const response = await hub.post('/rollouts', body);
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return rollout.parse(await response.json());
}

const over = (hub: TestHub, id: string) =>
  until(async () => {
    const found = await hub.json<Rollout>(`/rollouts/${id}`);
    return found.status === 'running' || found.status === 'paused' ? undefined : rollout.parse(found);
  }, `the end of ${id}`);

const history = async (hub: TestHub, id: string) =>
  page(rolloutEvent).parse(await hub.json(`/rollouts/${id}/history`)).items;

describe('a rollout', () => {
  test('of a good model reaches every device, and says why at each step', async () => {
    const { hub, archives } = await withModel();
    const devices = await Promise.all(['a', 'b', 'c'].map((id) => rolloutDevice(hub, id)));
    const { id } = await begin(hub, desire());
    const end = await over(hub, id);
    expect(end).toMatchObject({
      status: 'done',
      package: 'bright@1.0.0',
      wave: 1,
      devices: { waiting: 0, working: 0, active: 3, failed: 0 },
    });
    // The hub has looked at no frame of these devices: it has nothing to disagree with.
    expect(end.gates.filter((g) => g.state !== 'ok')).toMatchObject([{ gate: 'disagreement', state: 'not judged' }]);
    for (const { asked } of devices) expect(asked).toEqual([archives[0]?.digest]);
    expect((await history(hub, id)).map((e) => e.action)).toEqual(['created', 'asked', 'asked', 'done']);
    const rows = page(deviceRow).parse(await hub.json(`/rollouts/${id}/devices?limit=2`));
    expect(rows.items.map((r) => r.outcome)).toEqual(['active', 'active']);
    expect(rows.next).toBe('b');
    // What devices run cannot be deleted.
    const kept = await hub.api('/models/bright/1.0.0', { method: 'DELETE' });
    expect((await problemOf(kept)).detail).toMatch(/the device "[abc]" should run it/);
  });

  test('of a bad one stops at its first device, which gets back what it had', async () => {
    const { hub, archives } = await withModel(['1.0.0', '2.0.0']);
    const [, second] = archives;
    const fares = failsBy('shadow', 'agreement 0.04 of 0.8 in 200 frames');
    const devices = await Promise.all(
      ['a', 'b', 'c'].map((id) => rolloutDevice(hub, id, (m) => (m.digest === second?.digest ? fares(m) : serves(m)))),
    );
    const first = await begin(hub, desire());
    expect((await over(hub, first.id)).status).toBe('done');
    const next = await begin(hub, desire({}, '2.0.0'));
    const end = await over(hub, next.id);
    expect(end).toMatchObject({ status: 'rolled-back', devices: { failed: 1, active: 0, waiting: 0, working: 0 } });
    expect(end.reason).toMatch(/gate failed: 1 of 1 devices failed, none may; [abc]: shadow: agreement 0\.04/);
    const touched = devices.filter(({ asked }) => asked.length > 1);
    expect(touched).toHaveLength(1);
    await until(() => touched[0]?.asked.length === 3, 'the way back');
    expect(touched[0]?.asked).toEqual([archives[0]?.digest, second?.digest, archives[0]?.digest]);
    const actions = (await history(hub, next.id)).map((e) => e.action);
    expect(actions).toEqual(['created', 'asked', 'device-failed', 'rolled-back']);
    expect((await hub.api('/models/bright/2.0.0', { method: 'DELETE' })).status).toBe(204);
  });

  test('names a device that was not done in time as failed, and what it was waiting for', async () => {
    // Time-outs are looked at more often than each five seconds.
    const often = { ...systemClock, every: (ms: number, run: () => void) => systemClock.every(Math.min(ms, 100), run) };
    const { hub } = await withModel(['1.0.0'], tempFolder(), often);
    await rolloutDevice(hub, 'a', ({ name, version, digest }) => ({
      candidate: { name, version, digest, phase: 'waiting', reason: 'the disk has 3 MB free' },
      failures: [],
    }));
    const { id } = await begin(hub, desire({ timeoutS: 1 }));
    const detail = { stage: 'late', phase: 'waiting', reason: 'the disk has 3 MB free' };
    expect(await over(hub, id)).toMatchObject({ status: 'rolled-back', devices: { failed: 1, working: 0 } });
    const rows = page(deviceRow).parse(await hub.json(`/rollouts/${id}/devices`));
    expect(rows.items).toMatchObject([{ device: 'a', outcome: 'failed', ...detail }]);
    const reason = 'not done in time; its last word is waiting: the disk has 3 MB free';
    expect(rows.items.map(progressText)).toEqual([reason]);
    const reported = (await history(hub, id)).filter((e) => e.action === 'device-failed');
    expect(reported).toMatchObject([
      { reason: `a: ${reason}`, detail: { device: 'a', stage: 'late', phase: 'waiting' } },
    ]);
  });

  test('that is the first ever gives the device back to its own configuration', async () => {
    const { hub } = await withModel();
    const device = await rolloutDevice(hub, 'a', failsBy('proof', 'golden/0.png: score 0.1'));
    const { id } = await begin(hub, desire());
    expect((await over(hub, id)).status).toBe('rolled-back');
    await until(() => device.asked.length === 2, 'the way back');
    expect(device.document()).toMatchObject({ models: {} });
  });

  test('is tried dry, and then goes as it was said', async () => {
    const { hub } = await withModel();
    for (const id of ['a', 'b', 'c', 'd']) await rolloutDevice(hub, id);
    // Who is online comes first: all have to be, in both.
    const fleet = () => hub.json<{ items: { online: boolean }[] }>('/devices');
    await until(async () => (await fleet()).items.filter((d) => d.online).length === 4, 'all four online');
    const dry = await hub.post('/rollouts', desire({ dryRun: true }));
    expect(dry.status).toBe(200);
    const preview = rolloutPreview.parse(await dry.json());
    expect(preview.waves.map((w) => w.length)).toEqual([1, 3]);
    expect((await hub.json<{ items: unknown[] }>('/rollouts')).items).toEqual([]);
    await begin(hub, desire({ id: preview.id }));
    await over(hub, preview.id);
    const asked = (await history(hub, preview.id)).flatMap((e) => (e.action === 'asked' ? [e.detail.devices] : []));
    expect(asked).toEqual(preview.waves);
  });

  test('asks only devices with the labels', async () => {
    const { hub } = await withModel();
    const devices = await Promise.all(['a', 'b', 'c'].map((id) => rolloutDevice(hub, id)));
    const label = (id: string, labels: unknown) =>
      hub.api(`/devices/${id}/labels`, {
        method: 'PUT',
        body: JSON.stringify(labels),
        headers: { 'content-type': 'application/json' },
      });
    expect((await label('b', { site: 'berlin', ring: 'canary' })).status).toBe(200);
    expect((await label('none', {})).status).toBe(404);
    expect(await hub.json('/devices/b')).toMatchObject({ labels: { site: 'berlin' } });
    const { id } = await begin(hub, desire({ selector: { labels: { site: ['berlin', 'bonn'], ring: 'canary' } } }));
    expect((await over(hub, id)).devices.active).toBe(1);
    expect(devices.map((d) => d.asked.length)).toEqual([0, 1, 0]);
  });

  test('is paused, resumed and aborted by people, and its steps are in the audit', async () => {
    const { hub } = await withModel();
    const device = await rolloutDevice(hub, 'a');
    await addDevice(hub, 'off');
    const { id } = await begin(hub, desire({ waves: [{ devices: 1, soakS: 3600 }, { percent: 100 }] }));
    await until(async () => (await hub.json<Rollout>(`/rollouts/${id}`)).settledAt, 'the soak');
    expect((await hub.post(`/rollouts/${id}/pause`)).status).toBe(200);
    expect((await problemOf(await hub.post(`/rollouts/${id}/pause`))).detail).toMatch(/is paused, not running/);
    expect((await hub.post(`/rollouts/${id}/resume`, { waive: ['latency'] })).status).toBe(200);
    expect(await hub.json(`/rollouts/${id}`)).toMatchObject({ status: 'running', waived: ['latency'] });
    const other = await hub.post('/rollouts', desire());
    expect(other.status).toBe(409);
    expect((await problemOf(other)).detail).toContain(`the rollout ${id} changes model:detector already`);
    expect((await hub.post(`/rollouts/${id}/abort`)).status).toBe(200);
    await until(() => device.asked.length === 2, 'the way back');
    expect((await hub.post(`/rollouts/${id}/resume`)).status).toBe(409);
    const { items } = await hub.json<{ items: { action: string }[] }>('/audit');
    expect(items.slice(0, 4).map((e) => e.action)).toEqual([
      'rollout.abort',
      'rollout.resume',
      'rollout.pause',
      'rollout.create',
    ]);
  });

  test('goes on after the hub was restarted, and devices that were away hear of it', async () => {
    const { hub, archives, folder } = await withModel();
    const token = await addDevice(hub, 'a');
    const { id } = await begin(hub, desire());
    await until(async () => (await hub.json<Rollout>(`/rollouts/${id}`)).wave === 0, 'the first wave');
    await hub.hub.stop();
    const again = await testHub({ folder });
    const device = await testDevice(again, 'a', token);
    expect(await device.next('desired')).toMatchObject({ models: { detector: { digest: archives[0]?.digest } } });
    expect((await again.json<Rollout>(`/rollouts/${id}`)).status).toBe('running');
  });

  test('that is done holds for a device that comes later, the newest that selects it', async () => {
    const { hub, archives } = await withModel(['1.0.0', '2.0.0']);
    const [first, second] = archives.map(({ digest }) => digest);
    await rolloutDevice(hub, 'a');
    const { id } = await begin(hub, desire());
    await over(hub, id);
    const special = await begin(hub, desire({ selector: { devices: ['a', 'd'] } }, '2.0.0'));
    await over(hub, special.id);
    const [later, chosen] = [await rolloutDevice(hub, 'c'), await rolloutDevice(hub, 'd')];
    await until(() => later.asked.length > 0 && chosen.asked.length > 0, 'both are asked');
    expect({ later: later.asked, chosen: chosen.asked }).toEqual({ later: [first], chosen: [second] });
    expect((await history(hub, id)).at(-1)).toMatchObject({
      action: 'asked',
      reason: expect.stringContaining('c has come'),
    });
    // Once: what it runs now is its own affair.
    expect((await history(hub, id)).filter((e) => e.reason.includes('c has come'))).toHaveLength(1);
  });

  test('is in the list once, newest first; behind a cursor that names none there is nothing', async () => {
    const { hub } = await withModel();
    await addDevice(hub, 'off');
    for (const id of ['r1', 'r2', 'r3']) await begin(hub, desire({ id, target: { ...desire().target, model: id } }));
    const list = async (query: string) => page(rollout).parse(await hub.json(`/rollouts?${query}`));
    const first = await list('limit=2');
    expect(first).toMatchObject({ items: [{ id: 'r3' }, { id: 'r2' }], next: 'r2' });
    const last = await list(`limit=2&cursor=${first.next}`);
    expect(last).toEqual({ items: [expect.objectContaining({ id: 'r1' })] });
    expect(await list('cursor=nobody')).toEqual({ items: [] });
  });

  test('of a model that is not signed, not there, or of wrong waves is refused at once', async () => {
    const { hub } = await withModel();
    await upload(hub, (await archiveOf('3.0.0')).bytes);
    const refused = async (body: unknown) => problemOf(await hub.post('/rollouts', body));
    expect((await refused(desire({}, '3.0.0'))).detail).toMatch(/is not signed.*keys sign bright@3\.0\.0/);
    expect((await refused(desire({}, '4.0.0'))).status).toBe(404);
    expect(JSON.stringify((await refused(desire({ waves: [{ percent: 50 }] }))).errors)).toContain(
      'last wave must be 100',
    );
    expect((await refused(desire({ gates: { maxFailing: 1 } }))).status).toBe(400);
    expect((await refused({ target: { kind: 'model', model: 'detector', package: 'bright:stable' } })).detail).toMatch(
      /no alias "stable"/,
    );
  });
});

describe('streams', () => {
  const good = { door: { source: 'rtsp://cam/1', model: 'detector', fps: 5 } };
  const add = (hub: TestHub, streams: unknown) => hub.post('/stream-sets', { name: 'site-a', streams });

  test('travel the same way', async () => {
    const { hub } = await withModel();
    const device = await rolloutDevice(hub, 'a');
    const made = (await (await add(hub, good)).json()) as { revision: string };
    const again = (await (await add(hub, good)).json()) as { revision: string };
    expect(again.revision).toBe(made.revision);
    const { id } = await begin(hub, { target: { kind: 'streams', revision: made.revision }, waves });
    expect((await over(hub, id)).status).toBe('done');
    expect(device.document()?.streams).toMatchObject({ revision: made.revision, streams: good });
    expect(await hub.json('/devices/a/desired')).toMatchObject({ streams: { revision: made.revision } });
  });

  test('that are wrong are refused with the path of each field', async () => {
    const { hub } = await withModel();
    const response = await add(hub, {
      ...good,
      yard: { source: 'rtsp://cam/2', model: 'detector', fps: -1, colour: 'red' },
    });
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors?.map((e) => e.path).sort()).toEqual(['streams.yard.colour', 'streams.yard.fps']);
  });
});
