/** Several events that share a sample: what entered a zone, and what followed of it. */
import { expect, test } from 'vitest';
import type { DatasetItem } from '../../../cloud-hub/contract/dataset.ts';
import type { Event } from '../../../cloud-hub/contract/event.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { eventRecord, testDevice, testHub } from '../support.ts';
import { ask, box, header, picture } from './asking.ts';

test('one verdict amends all of them, whenever they come; the dataset has the last word of the operators', async () => {
  const hub = await testHub({ config: { secondOpinion: 'bright@1.0.0' } });
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { boxCells: 1 })).bytes)).status).toBe(201);
  const device = await testDevice(hub, 'cam');
  const sample = header();
  const send = async (seq: number, action: string) => {
    const records = [eventRecord(seq, { sample: sample.id, box, label: 'person', ruleKind: 'zone', action })];
    await device.publish('records', { epoch: 'e1', from: seq, to: seq, records });
    await device.nextAck();
  };
  await send(1, 'enter');
  await send(2, 'dwell');
  expect(await ask(device, sample, await picture(false))).toMatchObject({ outcome: 'withdrawn' });
  await send(3, 'leave');
  const { items } = await hub.json<{ items: Event[] }>('/events?opinion=withdrawn');
  expect(items.map(({ action }) => action)).toEqual(['leave', 'dwell', 'enter']);

  for (const [id, verdict] of [
    ['1', 'wrong'],
    ['3', 'right'],
  ]) {
    const init = {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ verdict }),
    };
    expect((await hub.api(`/events/${id}/correction`, init)).status).toBe(200);
    const dataset = await hub.json<{ items: DatasetItem[] }>('/dataset');
    expect(dataset.items.map(({ correction }) => correction?.verdict)).toEqual([verdict]);
  }
});
