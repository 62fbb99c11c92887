import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../../cloud-hub/contract/event.ts';
import type { Hybrid, Opinion } from '../../../cloud-hub/contract/opinion.ts';
import { encodePicture } from '../../../shared/contract/codec.ts';
import type { SampleHeader } from '../../../shared/contract/messages/sample.ts';
import { verdict } from '../../../shared/contract/messages/verdict.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { eventRecord, type TestHub, testDevice, testHub } from '../support.ts';
import { ask, box, header, picture } from './asking.ts';

const newId = () => randomBytes(16).toString('hex');

async function hubWithModel(folder = tempFolder()): Promise<TestHub> {
  const hub = await testHub({ folder, config: { secondOpinion: 'bright@1.0.0' } });
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { boxCells: 1 })).bytes)).status).toBe(201);
  return hub;
}

const batchOf = (sample: string, seq = 1) => ({
  ...{ epoch: 'e1', from: seq, to: seq },
  records: [eventRecord(seq, { sample, box, label: 'person' })],
});

describe('an event is amended', { timeout: 60_000 }, () => {
  test('confirmed, with both answers kept, once however often it is asked', async () => {
    const hub = await hubWithModel();
    const device = await testDevice(hub, 'cam');
    const sample = header();
    await device.publish('records', batchOf(sample.id));
    await device.nextAck();
    const jpeg = await picture(true);
    const first = await ask(device, sample, jpeg);
    expect(first).toMatchObject({
      sample: sample.id,
      outcome: 'confirmed',
      label: 'person',
      model: 'bright@1.0.0 (fp32)',
    });
    // Twice, and with another picture: the first verdict stands.
    expect(await ask(device, sample, jpeg)).toEqual(first);
    expect(await ask(device, sample, await picture(false))).toEqual(first);
    const { items } = await hub.json<{ items: Event[] }>('/events');
    expect(items).toMatchObject([{ label: 'person', opinion: { outcome: 'confirmed', model: 'bright@1.0.0 (fp32)' } }]);
    const opinions = await hub.json<{ items: Opinion[] }>('/opinions');
    expect(opinions.items).toMatchObject([
      {
        device: 'cam',
        stream: 'door',
        event: { score: 0.7 },
        edge: { objects: [{ score: 0.7 }] },
        hub: { label: 'person' },
      },
    ]);
    const { streams, state, model } = await hub.json<Hybrid>('/hybrid');
    expect({ state, model }).toEqual({ state: 'ready', model: 'bright@1.0.0' });
    expect(streams).toMatchObject([
      { device: 'cam', stream: 'door', samples: 1, confirmed: 1, changed: 0, withdrawn: 0 },
    ]);
  });

  test('withdrawn, also when the verdict is there before the event, and it is found by that', async () => {
    const hub = await hubWithModel();
    const device = await testDevice(hub, 'cam');
    const sample = header();
    expect(await ask(device, sample, await picture(false))).toMatchObject({ outcome: 'withdrawn', objects: [] });
    await device.publish('records', batchOf(sample.id));
    await device.nextAck();
    const found = await hub.json<{ items: Event[] }>('/events?opinion=withdrawn');
    expect(found.items).toMatchObject([{ opinion: { outcome: 'withdrawn' } }]);
    expect((await hub.json<{ items: Event[] }>('/events?opinion=confirmed')).items).toEqual([]);
    expect(await hub.json<Event>(`/events/${found.items[0]?.id}`)).toMatchObject({ opinion: { outcome: 'withdrawn' } });
  });

  test('not by the verdict on a sample of another device with the same id', async () => {
    const hub = await hubWithModel();
    const [own, other] = [await testDevice(hub, 'cam'), await testDevice(hub, 'thief')];
    const sample = header();
    await own.publish('records', batchOf(sample.id));
    await own.nextAck();
    expect(await ask(other, sample, await picture(false))).toMatchObject({ outcome: 'withdrawn' });
    expect((await hub.json<{ items: Event[] }>('/events')).items[0]?.opinion).toBeUndefined();
    expect(await ask(own, sample, await picture(true))).toMatchObject({ outcome: 'confirmed' });
    expect((await hub.json<{ items: Event[] }>('/events')).items).toMatchObject([
      { opinion: { outcome: 'confirmed' } },
    ]);
  });

  test('frames by chance tell how often both see the same, with an interval', async () => {
    const hub = await hubWithModel();
    const device = await testDevice(hub, 'cam');
    const frame = (objects: SampleHeader['objects']) => {
      const { event: _, ...rest } = header({ chosenBy: ['random'], objects });
      return rest;
    };
    const jpeg = await picture(true);
    expect(await ask(device, frame([{ label: 'person', score: 0.7, box }]), jpeg)).toMatchObject({
      outcome: 'confirmed',
    });
    expect(await ask(device, frame([]), jpeg)).toMatchObject({ outcome: 'changed' });
    const { streams } = await hub.json<Hybrid>('/hybrid');
    expect(streams).toMatchObject([{ confirmed: 0, changed: 0, agreement: { share: 0.5, n: 2 } }]);
  });
});

describe('what is refused', { timeout: 60_000 }, () => {
  /** As its header says it, without a pixel. */
  function jpegOfSize(width: number, height: number): Buffer {
    const frame = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
    frame.writeUInt16BE(height, 5);
    frame.writeUInt16BE(width, 7);
    const scan = Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x2a]);
    return Buffer.concat([Buffer.from([0xff, 0xd8]), frame, scan, Buffer.from([0xff, 0xd9])]);
  }

  test('pictures that are none, are too large, or have something behind them; the next good one is answered', async () => {
    const hub = await hubWithModel();
    const device = await testDevice(hub, 'cam');
    const good = await picture(true);
    const cases: [Uint8Array, string][] = [
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'the picture is no JPEG'],
      [await sharp(good).png().toBuffer(), 'the picture is no JPEG'],
      [Buffer.concat([good, Buffer.from('PK\x03\x04 a zip')]), 'the picture is a JPEG with 10 more bytes behind it'],
      [good.subarray(0, good.length - 40), 'the picture is a damaged JPEG, or cut off'],
      [jpegOfSize(50_000, 50_000), 'the picture has 50000x50000 pixels'],
      [Buffer.concat([good, Buffer.alloc(1024 * 1024)]), 'at most 1048576 are looked at'],
      // Right in form, without the tables that it needs.
      [jpegOfSize(64, 64), 'picture: '],
    ];
    for (const [jpeg, why] of cases) {
      const said = await ask(device, header(), jpeg);
      expect(said).toMatchObject({ outcome: 'refused', reason: expect.stringContaining(why) });
      expect(said.waitS).toBeUndefined();
    }
    expect(await ask(device, header(), good)).toMatchObject({ outcome: 'confirmed' });
    expect((await hub.json<{ items: Opinion[] }>('/opinions')).items.length).toBe(1);
  });

  test('headers that break the contract, with their id or in silence, and each is counted', async () => {
    const hub = await hubWithModel();
    const device = await testDevice(hub, 'cam');
    const jpeg = await picture(true);
    const wrong = { ...header(), objects: 'many' };
    await device.publishRaw('sample', encodePicture(wrong, jpeg));
    expect(await device.next('verdict')).toMatchObject({
      sample: wrong.id,
      outcome: 'refused',
      reason: expect.stringContaining('objects'),
    });
    for (const payload of [
      Buffer.alloc(0),
      Buffer.from([255, 255, 255, 255]),
      encodePicture({ ...header(), id: '../x' }, jpeg),
    ])
      await device.publishRaw('sample', payload);
    await device.publishRaw('sample', encodePicture({ ...header(), more: 'x'.repeat(70_000) }, jpeg));
    await until(async () => (await hub.json<Hybrid>('/hybrid')).refused.malformed === 5, 'all five are counted');
  });

  test('labels that the two models do not share', async () => {
    const hub = await hubWithModel();
    const device = await testDevice(hub, 'cam');
    const event = { rule: 'r', ruleKind: 'line', action: 'forward', label: 'zebra', score: 0.5, box };
    expect(await ask(device, header({ event }), await picture(true))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('bright@1.0.0 has no label "zebra"'),
    });
    const { event: _, ...frame } = header({ labels: ['zebra'] });
    expect(await ask(device, frame, await picture(true))).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining("bright@1.0.0 has none of the edge's labels"),
    });
  });

  test('everything while there is no model: the device is told to wait', async () => {
    const hub = await testHub();
    const device = await testDevice(hub, 'cam');
    expect(await ask(device, header(), await picture(true))).toMatchObject({ outcome: 'refused', waitS: 600 });
    expect(await hub.json<Hybrid>('/hybrid')).toMatchObject({ state: 'off', refused: { 'no model': 1 }, streams: [] });
  });

  test('most of a flood, with an answer to each, while another device is served', async () => {
    const hub = await hubWithModel();
    const [flood, calm] = [await testDevice(hub, 'flood'), await testDevice(hub, 'calm')];
    const jpeg = await picture(true);
    const ids = Array.from({ length: 60 }, newId);
    for (const id of ids) void flood.publishRaw('sample', encodePicture(header({ id }), jpeg));
    expect(await ask(calm, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
    const answers = new Map<string, string>();
    while (answers.size < ids.length) {
      const { sample, outcome } = verdict.parse(await flood.next('verdict'));
      answers.set(sample, outcome);
    }
    expect([...answers.keys()].toSorted()).toEqual(ids.toSorted());
    expect([...answers.values()].filter((outcome) => outcome === 'confirmed').length).toBeGreaterThanOrEqual(8);
  });
});

test('labels of other names are compared as the settings say, and a mapping that does not fit is told', {
  timeout: 60_000,
}, async () => {
  const asked = async (pair: string) => {
    const hub = await testHub({ config: { secondOpinion: 'bright@1.0.0', secondOpinionLabels: pair as never } });
    expect((await upload(hub, (await archiveOf('1.0.0', {}, { boxCells: 1 })).bytes)).status).toBe(201);
    const device = await testDevice(hub, 'cam');
    const event = { rule: 'r', ruleKind: 'line', action: 'forward', label: 'human', score: 0.5, box };
    const objects = [{ label: 'human', score: 0.5, box }];
    return { hub, said: await ask(device, header({ event, objects, labels: ['human'] }), await picture(true)) };
  };
  const { hub, said } = await asked('person=human');
  expect(said).toMatchObject({ outcome: 'confirmed', label: 'human', objects: [{ label: 'human' }] });
  expect((await hub.json<{ items: Opinion[] }>('/opinions')).items).toMatchObject([{ hub: { label: 'human' } }]);
  const misfit = await asked('woman=human');
  const reason = '--second-opinion-labels: bright@1.0.0 has no label "woman"; its labels are "person"';
  expect(misfit.said).toMatchObject({ outcome: 'refused', waitS: 600, reason });
  expect(await misfit.hub.json<Hybrid>('/hybrid')).toMatchObject({ state: 'failed', reason });
});

test('a picture that kills the model is refused, and the next one is looked at', { timeout: 60_000 }, async () => {
  const hub = await testHub({ config: { secondOpinion: 'bright@1.0.0' } });
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { deadly: true })).bytes)).status).toBe(201);
  const device = await testDevice(hub, 'cam');
  expect(await ask(device, header(), await picture(true))).toMatchObject({
    outcome: 'refused',
    reason: expect.stringContaining('the process ended'),
  });
  expect(await ask(device, header(), await picture(false))).toMatchObject({ outcome: 'withdrawn' });
});

test('a moved alias is followed with the next sample', { timeout: 60_000 }, async () => {
  const hub = await testHub({ config: { secondOpinion: 'bright:hub' } });
  const device = await testDevice(hub, 'cam');
  const jpeg = await picture(true);
  expect(await ask(device, header(), jpeg)).toMatchObject({ outcome: 'refused', waitS: 600 });
  for (const version of ['1.0.0', '2.0.0']) {
    expect((await upload(hub, (await archiveOf(version, {}, { boxCells: 1 })).bytes)).status).toBe(201);
    const moved = await hub.api('/models/bright/aliases/hub', {
      method: 'PUT',
      body: JSON.stringify({ version }),
      headers: { 'content-type': 'application/json' },
    });
    expect(moved.ok).toBe(true);
    expect(await ask(device, header(), jpeg)).toMatchObject({ model: `bright@${version} (fp32)` });
  }
});

test('a file that hides inside a picture is kept nowhere', { timeout: 60_000 }, async () => {
  const folder = tempFolder();
  const hub = await hubWithModel(folder);
  const device = await testDevice(hub, 'cam');
  const planted = `PK\x03\x04${randomBytes(32).toString('hex')}`;
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, planted.length + 2]), Buffer.from(planted)]);
  const good = await picture(true);
  const jpeg = Buffer.concat([good.subarray(0, 2), comment, good.subarray(2)]);
  expect(jpeg.includes(planted)).toBe(true);
  expect(await ask(device, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const contents = files.map((file) => readFileSync(path.join(file.parentPath, file.name)));
  // The verdict itself is there.
  expect(contents.some((bytes) => bytes.includes('bright@1.0.0 (fp32)'))).toBe(true);
  expect(contents.some((bytes) => bytes.includes(planted))).toBe(false);
});

test('a device that asks more than 2,000 times in an hour is told to wait an hour; others are answered', {
  timeout: 180_000,
}, async () => {
  const hub = await hubWithModel();
  const [flood, calm] = [await testDevice(hub, 'flood'), await testDevice(hub, 'calm')];
  const jpeg = await picture(true);
  for (let n = 0; n < 2000; n += 50) {
    const some = Array.from({ length: 50 }, () => flood.publishRaw('sample', encodePicture(header(), jpeg)));
    await Promise.all(some);
    for (const _ of some) await flood.next('verdict');
  }
  expect(await ask(flood, header(), jpeg)).toMatchObject({
    outcome: 'refused',
    reason: 'more than 2000 samples in an hour',
    waitS: 3600,
  });
  expect(await ask(calm, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
  expect((await hub.json<Hybrid>('/hybrid')).refused['too many']).toBe(1);
});
