/** Thresholds by the API: who sets them, what the device is sent, what the audit says, and what is refused. */
import { expect, test } from 'vitest';
import { streamThresholds } from '../../../cloud-hub/contract/threshold.ts';
import type { Spoken } from '../../../cloud-hub/store/opinions.ts';
import { type Clock, systemClock } from '../../../shared/kit/clock.ts';
import { HOUR_MS } from '../../../shared/kit/durations.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { type TestHub, testDevice, testHub } from '../support.ts';
import { addJudged, frame, halfWrongBelow, object } from './judged.ts';

const route = '/devices/cam/streams/door/thresholds';
const ofModel = (judged: readonly Spoken[], model = 'small@1.0.0 (int8)'): Spoken[] =>
  judged.map((one) => ({ ...one, edge: { ...one.edge, model } }));

async function withJudged(judged: readonly Spoken[], clock?: Clock) {
  const folder = tempFolder();
  await addJudged(folder, judged);
  const hub = await testHub({ folder, ...(clock ? { clock } : {}) });
  const cam = await testDevice(hub, 'cam');
  return { hub, cam };
}
const call = (hub: TestHub, method: string, path: string, body?: unknown) =>
  hub.api(path, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
const send = (hub: TestHub, method: string, path: string, body?: unknown) => call(hub, method, `${route}${path}`, body);
const read = async (hub: TestHub) => streamThresholds.parse(await hub.json(`${route}?precision=0.95`));
const detailOf = async (response: Response) => ((await response.json()) as { detail: string }).detail;
const actionsOf = async (hub: TestHub) => {
  const { items } = await hub.json<{ items: { action: string; actor: string; detail: object }[] }>(
    '/audit?action=thresholds',
  );
  return items.toReversed();
};

test('a proposal is applied, undone and cleared: the device is sent each, and the audit has it', async () => {
  const { hub, cam } = await withJudged(ofModel(halfWrongBelow));
  const before = await read(hub);
  expect(before).toMatchObject({
    model: 'small@1.0.0',
    canUndo: false,
    items: [{ change: -0.5, proposed: { threshold: 0.7 } }],
  });
  const labels = { person: 0.7 };
  expect((await send(hub, 'PUT', '', { labels, model: 'small@1.0.0' })).status).toBe(204);
  expect(await cam.next('desired')).toMatchObject({ thresholds: { door: { model: 'small@1.0.0', labels } } });
  const applied = await read(hub);
  expect(applied).toMatchObject({ canUndo: true, inForce: { model: 'small@1.0.0', labels } });
  // What is proposed is in force: nothing more is wanted.
  expect(applied.items).toMatchObject([
    { today: { threshold: 0.7 }, reason: expect.stringContaining('already gives') },
  ]);
  // The same once more is no change.
  expect((await send(hub, 'PUT', '', { labels })).status).toBe(204);
  expect((await send(hub, 'POST', '/undo', {})).status).toBe(204);
  expect(await cam.next('desired')).not.toHaveProperty('thresholds');
  expect(await detailOf(await send(hub, 'POST', '/undo', {}))).toContain('no change');
  await send(hub, 'PUT', '', { labels });
  await cam.next('desired');
  expect((await send(hub, 'DELETE', '')).status).toBe(204);
  expect(await cam.next('desired')).toMatchObject({ thresholds: { door: { labels: {} } } });
  expect((await read(hub)).inForce).toBeUndefined();
  expect((await actionsOf(hub)).map(({ action }) => action)).toEqual([
    'thresholds.apply',
    'thresholds.undo',
    'thresholds.apply',
    'thresholds.clear',
  ]);
  expect((await actionsOf(hub))[0]?.detail).toMatchObject({ stream: 'door', labels, before: {}, model: 'small@1.0.0' });
});

test('refused: thresholds for another model than is asked about, for an unknown one, of an unknown device, out of range', async () => {
  const { hub } = await withJudged(ofModel(halfWrongBelow));
  const labels = { person: 0.7 };
  expect(await detailOf(await send(hub, 'PUT', '', { labels, model: 'small@0.9.0' }))).toContain(
    'small@1.0.0 is asked about by now',
  );
  const yard = '/devices/cam/streams/yard/thresholds';
  const unknown = await call(hub, 'PUT', yard, { labels });
  expect([unknown.status, await detailOf(unknown)]).toEqual([409, expect.stringContaining('give `model`')]);
  expect((await call(hub, 'PUT', yard, { labels, model: 'm@1' })).status).toBe(204);
  expect((await call(hub, 'POST', '/devices/none/streams/door/thresholds/undo', {})).status).toBe(404);
  for (const bad of [{ person: 1.1 }, { person: -0.1 }, { person: 'low' }, { '': 0.5 }])
    expect((await send(hub, 'PUT', '', { labels: bad })).status).toBe(400);
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`label-${i}`, 0.5]));
  expect((await send(hub, 'PUT', '', { labels: many })).status).toBe(400);
  const crossed = await send(hub, 'PUT', '/automatic', { min: 0.8, max: 0.3 });
  expect([crossed.status, JSON.stringify(await crossed.json())]).toEqual([
    400,
    expect.stringContaining('at least `min`'),
  ]);
});

test('automatic: at once, each hour, within the bounds; until somebody undoes it', async () => {
  // Whatever threshold up to 0.62 is tried, there are wrong ones above it.
  const steps = [0.45, 0.55, 0.62].flatMap((score) => Array.from({ length: 50 }, () => frame(score, false)));
  for (let i = 0; i < 100; i++) steps.push(frame(0.7, true));
  const hourly: (() => void)[] = [];
  const every: Clock['every'] = (ms, act) => {
    if (ms === HOUR_MS) hourly.push(act);
    return () => undefined;
  };
  const hour = () => {
    for (const act of hourly) act();
  };
  const { hub } = await withJudged(ofModel(steps), { ...systemClock, every });
  const bounds = { precision: 0.95, min: 0.3, max: 0.6, maxStep: 0.1 };
  expect((await send(hub, 'PUT', '/automatic', bounds)).status).toBe(204);
  const inForce = async () => (await read(hub)).inForce;
  expect(await inForce()).toMatchObject({ labels: { person: 0.5 }, by: 'hub' });
  hour();
  await until(async () => (await inForce())?.labels.person === 0.6, 'the next step');
  // The bound holds, though 0.7 is proposed: the same once more tunes too, and is no change.
  expect((await send(hub, 'PUT', '/automatic', bounds)).status).toBe(204);
  expect(await inForce()).toMatchObject({ labels: { person: 0.6 } });
  expect((await send(hub, 'POST', '/undo', {})).status).toBe(204);
  expect(await read(hub)).toMatchObject({ inForce: { labels: { person: 0.5 } }, canUndo: true });
  expect((await read(hub)).automatic).toBeUndefined();
  const tuned = (await actionsOf(hub)).filter(({ action }) => action === 'thresholds.tune');
  expect(tuned.map(({ actor, detail }) => [actor, detail])).toEqual([
    ['hub', expect.objectContaining({ labels: { person: 0.5 } })],
    ['hub', expect.objectContaining({ labels: { person: 0.6 }, before: { person: 0.5 } })],
  ]);
});

test('automatic: too few verdicts change nothing, nor do those about another model', async () => {
  const few = ofModel(halfWrongBelow.slice(0, 20));
  const { hub } = await withJudged([...ofModel(halfWrongBelow, 'small@0.9.0'), ...few]);
  expect((await send(hub, 'PUT', '/automatic', { precision: 0.95, min: 0, max: 1 })).status).toBe(204);
  const told = await read(hub);
  expect(told).toMatchObject({ automatic: { min: 0, max: 1, maxStep: 0.1 }, items: [{ label: 'person' }] });
  expect(told.inForce).toBeUndefined();
  expect(told.items[0]?.reason).toContain('too few');
  expect((await send(hub, 'DELETE', '/automatic')).status).toBe(204);
  expect((await read(hub)).automatic).toBeUndefined();
});

test('a lower threshold is proposed where frames name all that is weaker, and it is right', async () => {
  const deep = Array.from({ length: 120 }, (_, i) =>
    frame(0.8, true, {
      edge: {
        threshold: 0.6,
        floor: 0.1,
        objects: [object(0.8), { ...object(0.1 + (i % 50) / 100), box: [0.5, 0.5, 0.1, 0.1] }],
      },
      hub: {
        model: 'big',
        objects: [object(0.9), ...(i % 50 >= 20 ? [{ ...object(0.9), box: [0.5, 0.5, 0.1, 0.1] as const }] : [])].map(
          (o) => ({ ...o, box: [...o.box] as [number, number, number, number] }),
        ),
      },
    }),
  );
  const { hub } = await withJudged(ofModel(deep));
  const { items } = await read(hub);
  expect(items).toMatchObject([
    { label: 'person', today: { threshold: 0.6 }, proposed: { threshold: expect.any(Number) } },
  ]);
  const { proposed, change } = items[0] ?? {};
  expect(proposed?.threshold).toBeLessThanOrEqual(0.3);
  expect(proposed?.precision.from).toBeGreaterThanOrEqual(0.95);
  expect(change).toBeGreaterThan(0.4);
});
