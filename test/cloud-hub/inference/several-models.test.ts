/** Several models in one hub, each in its process, and answers that are kept. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Hybrid, Opinion } from '../../../cloud-hub/contract/opinion.ts';
import { tempFolder } from '../../support/temp.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { type TestHub, testDevice, testHub } from '../support.ts';
import { ask, eventOf, header, picture } from './asking.ts';

async function hubWith(folder = tempFolder(), rules = 'asks:frame=other@1.0.0'): Promise<TestHub> {
  // Settings as they come from a command line.
  const config = { secondOpinion: 'bright:hub', secondOpinionModels: rules as never };
  return testHub({ folder, config });
}

async function publish(hub: TestHub, version: string, manifest: Record<string, unknown> = {}): Promise<void> {
  expect((await upload(hub, (await archiveOf(version, manifest, { boxCells: 1 })).bytes)).status).toBe(201);
}

async function move(hub: TestHub, version: string): Promise<void> {
  const body = JSON.stringify({ version });
  const headers = { 'content-type': 'application/json' };
  expect((await hub.api('/models/bright/aliases/hub', { method: 'PUT', body, headers })).ok).toBe(true);
}

test('the model of the rule answers, is kept with the verdict and shown; another that is missing holds up nobody', {
  timeout: 60_000,
}, async () => {
  const folder = tempFolder();
  const hub = await hubWith(folder, 'asks:frame=other@1.0.0,label:ghost=none:hub');
  await publish(hub, '1.0.0');
  await move(hub, '1.0.0');
  await publish(hub, '1.0.0', { name: 'other' });
  const device = await testDevice(hub, 'cam');
  const [bright, dark] = [await picture(true), await picture(false)];
  expect(await ask(device, header(), bright)).toMatchObject({ outcome: 'confirmed', model: 'bright@1.0.0 (fp32)' });
  const { event: _, ...frame } = header({ objects: [] });
  expect(await ask(device, frame, dark)).toMatchObject({ outcome: 'confirmed', model: 'other@1.0.0 (fp32)' });
  expect(await ask(device, header({ event: eventOf('ghost') }), dark)).toMatchObject({
    outcome: 'refused',
    waitS: 600,
  });
  expect(await ask(device, header(), dark)).toMatchObject({ outcome: 'withdrawn', model: 'bright@1.0.0 (fp32)' });
  const { items } = await hub.json<{ items: Opinion[] }>('/opinions');
  expect(items.map((one) => one.hub.model)).toEqual([
    ...['bright@1.0.0 (fp32)', 'other@1.0.0 (fp32)', 'bright@1.0.0 (fp32)'],
  ]);
  const { models, state } = await hub.json<Hybrid>('/hybrid');
  expect(state).toBe('failed');
  expect(models).toMatchObject([
    { wanted: 'bright:hub', model: 'bright@1.0.0', state: 'ready', answered: 2, batching: { most: 1 } },
    { wanted: 'other@1.0.0', model: 'other@1.0.0', state: 'ready', answered: 1 },
    { wanted: 'none:hub', state: 'failed', answered: 0 },
  ]);
  await hub.hub.stop();
  // Without the rule, what was unpacked for it goes.
  const models2 = path.join(folder, 'inference', 'models');
  expect(readdirSync(models2).toSorted()).toEqual(['bright%3Ahub', 'other%401.0.0']);
  const later = await hubWith(folder, '');
  expect(readdirSync(models2)).toEqual(['bright%3Ahub']);
  expect(existsSync(models2)).toBe(true);
  await later.hub.stop();
});

test('a picture that was looked at is answered out of the cache, for another device too; a moved alias misses', {
  timeout: 60_000,
}, async () => {
  const hub = await hubWith();
  await publish(hub, '1.0.0');
  await publish(hub, '2.0.0');
  await move(hub, '1.0.0');
  const [one, two] = [await testDevice(hub, 'one'), await testDevice(hub, 'two')];
  const jpeg = await picture(true);
  const cache = async () => (await hub.json<Hybrid>('/hybrid')).cache;
  expect(await ask(one, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
  expect(await cache()).toMatchObject({ hits: 0, misses: 1, entries: 1 });
  expect(await ask(two, header(), jpeg)).toMatchObject({ outcome: 'confirmed', model: 'bright@1.0.0 (fp32)' });
  // The same picture with another question.
  expect(await ask(two, header({ event: eventOf('person'), region: [0, 0, 0.1, 0.1] }), jpeg)).toMatchObject({
    outcome: 'withdrawn',
  });
  expect(await cache()).toMatchObject({ hits: 2, misses: 1, entries: 1 });
  const { items } = await hub.json<{ items: Opinion[] }>('/opinions');
  expect(items.map(({ ms }) => ms > 0)).toEqual([false, false, true]);
  await move(hub, '2.0.0');
  const id = randomBytes(16).toString('hex');
  expect(await ask(two, header({ id }), jpeg)).toMatchObject({ model: 'bright@2.0.0 (fp32)' });
  expect(await cache()).toMatchObject({ hits: 2, misses: 2, entries: 2 });
});
