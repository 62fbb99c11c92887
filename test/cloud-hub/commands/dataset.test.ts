/** Samples of a device become a dataset: asked by a real hub with a real model, corrected by a person, exported by the command. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { HubConfig } from '../../../cloud-hub/config.ts';
import type { DatasetItem } from '../../../cloud-hub/contract/dataset.ts';
import { encodePicture } from '../../../shared/contract/codec.ts';
import type { SampleHeader } from '../../../shared/contract/messages/sample.ts';
import { verdict } from '../../../shared/contract/messages/verdict.ts';
import { startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { eventRecord, testDevice, testHub } from '../support.ts';

type Box = [number, number, number, number];

/** Dark, with a bright cell of 8 pixels at a place, and a comment beside the pixels. */
async function picture(left: number): Promise<Buffer> {
  const square = { create: { width: 8, height: 8, channels: 3 as const, background: '#fff' } };
  const jpeg = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
    .composite([{ input: square, left, top: 24 }])
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 9]), Buffer.from('planted')]);
  return Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]);
}

async function hubWithSamples(config: Partial<HubConfig> = {}) {
  const folder = tempFolder();
  const hub = await testHub({ folder, config: { secondOpinion: 'bright@1.0.0', ...config } });
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { boxCells: 1 })).bytes)).status).toBe(201);
  const cam = await testDevice(hub, 'cam');
  let seq = 0;
  const ask = async (left: number) => {
    const id = randomBytes(16).toString('hex');
    const box: Box = [left / 64, 24 / 64, 8 / 64, 8 / 64];
    const event = { rule: 'enter', ruleKind: 'zone', action: 'enter', label: 'person', score: 0.7, box };
    const header: SampleHeader = {
      ...{ id, stream: 'door', chosenBy: ['event'], frame: 7, ptsMs: 700, wall: 1, region: [0, 0, 1, 1] },
      ...{ threshold: 0.5, labels: ['person'], objects: [{ label: 'person', score: 0.7, box }], event },
    };
    await cam.publish('records', {
      epoch: 'e1',
      from: ++seq,
      to: seq,
      records: [eventRecord(seq, { sample: id, box })],
    });
    await cam.nextAck();
    await cam.publishRaw('sample', encodePicture(header, await picture(left)));
    expect(verdict.parse(await cam.next('verdict'))).toMatchObject({ sample: id, outcome: 'confirmed' });
    return id;
  };
  const list = async () => (await hub.json<{ items: DatasetItem[] }>('/dataset')).items;
  return { hub, folder, ask, list };
}

test('the export has each scene once, the operator’s word, and no byte beside the pixels', {
  timeout: 120_000,
}, async () => {
  const { hub, folder, ask, list } = await hubWithSamples();
  const ids = [await ask(24), await ask(24), await ask(40)];
  expect((await list()).map(({ sample }) => sample)).toEqual(ids);
  const corrected = await hub.api('/events/3/correction', {
    method: 'PUT',
    body: JSON.stringify({ verdict: 'other', label: 'lamp' }),
    headers: { 'content-type': 'application/json' },
  });
  expect(corrected.status).toBe(200);
  const run = (...more: string[]) => {
    const access = ['--url', hub.url, '--token-file', hub.hub.adminToken.file];
    return startProgram('cloud-hub/main.js', ['dataset', 'export', ...more, ...access], { cwd: folder }).ended;
  };
  const all = await run('set', '--license', 'CC0-1.0');
  expect([all.code, all.stdout]).toEqual([
    0,
    '2 pictures, 2 objects, 2 labels\nleft out: 1 near-duplicates, 0 whose picture is no longer kept\n',
  ]);
  const set = JSON.parse(readFileSync(path.join(folder, 'set', 'annotations.coco.json'), 'utf8'));
  const bright = { area: 64, bbox: [24, 24, 8, 8], source: 'model' };
  expect(set).toMatchObject({
    images: [
      { id: 1, width: 64, height: 64, sample: ids[0] },
      { id: 2, sample: ids[2], correction: 'other' },
    ],
    annotations: [
      { image_id: 1, ...bright },
      { image_id: 2, bbox: [40, 24, 8, 8], source: 'operator' },
    ],
    categories: [{ name: 'person' }, { name: 'lamp' }],
  });
  const files = readdirSync(path.join(folder, 'set', 'images'));
  expect(files).toHaveLength(2);
  for (const file of files) {
    const jpeg = readFileSync(path.join(folder, 'set', 'images', file));
    expect(jpeg.includes('planted')).toBe(false);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 64 });
  }
  expect(readFileSync(path.join(folder, 'hub.db')).includes('planted')).toBe(false);

  expect((await run('checked', '--corrected')).stdout).toMatch(/^1 pictures/);
  expect((await run('late', '--since', '2100-01-01T00:00:00Z')).stdout).toMatch(/^0 pictures/);
  const again = await run('set');
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('set is not empty: name a new folder')]);
  const wrong = await run('other', '--since', 'yesterday');
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('since')]);
});

test('the oldest pictures go when there is no more room for them, and their verdicts stay', {
  timeout: 120_000,
}, async () => {
  const bytes = (await picture(8)).length;
  const { hub, ask, list } = await hubWithSamples({ samplesMb: (2.5 * bytes) / 1_000_000 });
  const ids: string[] = [];
  for (const left of [8, 16, 24, 32]) ids.push(await ask(left));
  const kept = await list();
  expect(kept.map(({ sample }) => sample)).toEqual(ids.slice(2));
  expect((await hub.json<{ items: unknown[] }>('/opinions')).items).toHaveLength(4);
  expect((await hub.api('/dataset/1/picture')).status).toBe(404);
  const there = await hub.api(`/dataset/${kept[0]?.id}/picture`);
  expect([there.status, there.headers.get('content-type'), there.headers.get('cache-control')]).toEqual([
    200,
    'image/jpeg',
    'private, no-store',
  ]);
});

test('with 0 megabytes no picture is kept', { timeout: 120_000 }, async () => {
  const { ask, list } = await hubWithSamples({ samplesMb: 0 });
  await ask(24);
  expect(await list()).toEqual([]);
});
