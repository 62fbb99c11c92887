/** How far an order to erase is, on a real store: what it waits for, and what becomes of it when hub or device go. */
import { expect, test } from 'vitest';
import { report } from '../../../shared/contract/messages/report.ts';
import { filesWith } from '../../support/files-with.ts';
import { act, carriedOn, hub, order, says } from './hub.ts';

test('an order waits for its device, then for what was on its way, and is done; the document names it until then', async () => {
  const { folder, clock, store, sent, erasing, add } = await hub();
  await store.devices.add('cam', 'h', 1);
  erasing.start();
  const { id } = await erasing.order({ ...order, stream: 'door' }, { ...act, at: clock.wall() });
  await clock.advance(3_600_000);
  expect(await erasing.get(id)).toMatchObject({ state: 'waiting', onDevice: { state: 'waiting' } });
  expect(sent.at(-1)?.erase).toEqual([{ id, stream: 'door', before: Date.UTC(2026, 0, 1), pictures: false }]);
  expect(await store.desired.get('cam')).toEqual(sent.at(-1));
  await erasing.reported('cam', says([{ id, state: 'failed', reason: 'disk full' }]));
  expect(await erasing.get(id)).toMatchObject({ state: 'waiting', onDevice: { state: 'failed', reason: 'disk full' } });
  const erased = { records: 3, pictures: 0, samples: 0, memories: 0 };
  await erasing.reported('cam', says([{ id, state: 'done', erased }]));
  expect(await erasing.get(id)).toMatchObject({ state: 'settling', onDevice: { state: 'done', erased } });
  // It was on its way when the device was done, whose reports say so again each few seconds.
  const again = () => erasing.reported('cam', says([{ id, state: 'done', erased }]));
  await clock.advance(30_000);
  await again();
  await add('PLANTED', { wall: 5 });
  await carriedOn(clock, 25_000);
  await again();
  expect((await erasing.get(id))?.state).toBe('settling');
  await carriedOn(clock, 20_000);
  expect(await erasing.get(id)).toMatchObject({ state: 'done', hub: { records: 1 } });
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(sent.at(-1)).not.toHaveProperty('erase');
  const audit = await store.audit.list({ limit: 9 });
  expect(audit.map(({ action, actor }) => [action, actor])).toEqual([
    ['erase.done', 'hub'],
    ['erase.device', 'hub'],
    ['erase.order', 'ann'],
  ]);
});

test('a device that is removed, or whose agent is too old, is told of; the hub erases at once', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  await add('PLANTED-GONE');
  erasing.start();
  const gone = await erasing.order(order, act);
  await carriedOn(clock);
  expect(await erasing.get(gone.id)).toMatchObject({ state: 'done', onDevice: { state: 'gone' }, hub: { records: 1 } });
  expect(await store.desired.get('cam')).toBeUndefined();
  await store.devices.add('cam', 'h', 1);
  const { erase: _, ...old } = says([]);
  await store.transact(async (tx) => tx.devices.noteContact('cam', { report: report.parse(old) }, 1));
  const waits = await erasing.order(order, act);
  await carriedOn(clock, 200_000);
  expect(await erasing.get(waits.id)).toMatchObject({ state: 'waiting', onDevice: { state: 'unknown' } });
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
});

test('a hub that is ended in the middle goes on at its next start', async () => {
  const first = await hub();
  await first.store.devices.add('cam', 'h', 1);
  for (let n = 0; n < 3500; n++) await first.add(`PLANTED-${n}`);
  first.erasing.start();
  const { id } = await first.erasing.order(order, act);
  // Some steps, not all.
  await first.clock.advance(0);
  await first.close();
  expect(filesWith(first.folder, 'PLANTED-3499')).not.toEqual([]);
  const next = await hub(first.folder);
  next.erasing.start();
  await carriedOn(next.clock);
  expect(filesWith(first.folder, 'PLANTED')).toEqual([]);
  expect(await next.erasing.get(id)).toMatchObject({ state: 'waiting', hub: { records: 3500 } });
});

test('a hub that was ended before its first pass waits all the same for what was on its way', async () => {
  const first = await hub();
  await first.store.devices.add('cam', 'h', 1);
  await first.erasing.stop();
  const { id } = await first.erasing.order(order, { ...act, at: first.clock.wall() });
  await first.close();
  const { clock, erasing, add } = await hub(first.folder);
  const erased = { records: 3, pictures: 0, samples: 0, memories: 0 };
  await erasing.reported('cam', says([{ id, state: 'done', erased }]));
  erasing.start();
  await carriedOn(clock, 30_000);
  expect((await erasing.get(id))?.state).toBe('settling');
  await add('LATE', { wall: 5, epoch: 'e2' });
  await carriedOn(clock, 45_000);
  expect(await erasing.get(id)).toMatchObject({ state: 'done', hub: { records: 1 } });
});
