import { expect, test } from 'vitest';
import type { Hybrid, Opinion } from '../../../cloud-hub/contract/opinion.ts';
import { tempFolder } from '../../support/temp.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { summaryRecord, testDevice, testHub } from '../support.ts';
import { ask, eventOf, header, picture } from './asking.ts';

test('numbers of a device that are finite and absurd leave every page as it was', { timeout: 60_000 }, async () => {
  const hub = await testHub({ folder: tempFolder(), config: { secondOpinion: 'bright@1.0.0' } });
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { boxCells: 1 })).bytes)).status).toBe(201);
  const device = await testDevice(hub, 'cam');
  const most = Number.MAX_VALUE;
  const wide = { region: [most, most, most, most] as [number, number, number, number] };
  expect(await ask(device, header(wide), await picture(true))).toMatchObject({ outcome: 'refused', reason: /region/ });
  const everywhere = { box: [most, -most, most, most] as [number, number, number, number], score: -most };
  const objects = [{ label: 'person', ...everywhere }];
  const sample = header({ objects, threshold: most, ptsMs: -most, event: { ...eventOf('person'), ...everywhere } });
  expect(await ask(device, sample, await picture(true))).toMatchObject({ outcome: 'withdrawn' });
  const inferred = Number.MAX_SAFE_INTEGER;
  await device.publish('records', {
    ...{ epoch: 'e1', from: 1, to: 1 },
    records: [summaryRecord(1, { stream: 'door', intervalMs: Number.MIN_VALUE, inferred })],
  });
  await device.nextAck();
  expect((await hub.json<Hybrid>('/hybrid')).streams).toMatchObject([{ stream: 'door', samples: 1 }]);
  expect((await hub.json<{ items: Opinion[] }>('/opinions')).items).toHaveLength(1);
  expect((await hub.json<{ items: unknown[] }>('/dataset')).items).toHaveLength(1);
});
