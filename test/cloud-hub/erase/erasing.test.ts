/** Orders to erase on a real store: what goes, and what stays. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { desired } from '../../../shared/contract/messages/desired.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { filesWith } from '../../support/files-with.ts';
import { readingRecord, summaryRecord } from '../support.ts';
import { act, carriedOn, hub, order } from './hub.ts';

test('a stream goes in every table, with pictures, opinions, corrections and alerts; another stays', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  await store.devices.add('cam', 'h', 1);
  const sample = 'ab'.repeat(16);
  const id = await add('PLANTED-A', { sample }, true);
  await add('STAYS-A', { stream: 'yard' }, true);
  const summary = summaryRecord(1, { labels: { 'PLANTED-B': 1 } });
  await add('', summary);
  await add('', readingRecord(1, { stream: 'door', label: 'PLANTED-C' }));
  await add('', { kind: 'error', stream: 'door', code: 'x', message: 'PLANTED-D', count: 1, label: undefined });
  const opinion = { device: 'cam', stream: 'door', sample, receivedAt: 5000, outcome: 'changed' as const };
  await store.transact(async (tx) => {
    await tx.opinions.add({
      ...opinion,
      ...{ chosenBy: ['event'], edge: { objects: [] }, bytes: 1, ms: 1 },
      hub: { model: 'm', label: 'PLANTED-E', objects: [] },
    });
    await tx.corrections.set(id, { verdict: 'other', label: 'PLANTED-F' }, act);
    const refused = { device: 'cam', receivedAt: 5000, reason: 'bad', bytes: 1 };
    await tx.quarantine.add({ ...refused, digest: 'd1', payload: Buffer.from('{"stream":"door","x":"PLANTED-G"}') });
    await tx.quarantine.add({ ...refused, digest: 'd2', payload: Buffer.from('{"stream":"yard","x":"STAYS-B"}') });
  });
  for (const mark of ['A', 'B', 'C', 'D', 'E', 'F', 'G']) expect(filesWith(folder, `PLANTED-${mark}`)).not.toEqual([]);
  erasing.start();
  const made = await erasing.order({ ...order, stream: 'door', reason: 'request 7' }, act);
  expect(made).toMatchObject({ state: 'waiting', onDevice: { state: 'waiting' }, createdBy: 'ann' });
  await carriedOn(clock);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(filesWith(folder, 'STAYS-A')).not.toEqual([]);
  expect(filesWith(folder, 'STAYS-B')).not.toEqual([]);
  expect((await erasing.get(made.id))?.hub).toEqual({ records: 4, pictures: 1, opinions: 1, alerts: 0, refused: 1 });
  expect((await store.quarantine.list({ limit: 9 })).length).toBe(1);
  expect((await store.audit.list({ limit: 9 })).map(({ action, detail }) => [action, detail.reason])).toEqual([
    ['erase.order', 'request 7'],
  ]);
});

test('only pictures, and only of a time: events stay without them; a wrong clock is covered', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  await store.devices.add('cam', 'h', 1);
  const at = (iso: string) => Date.parse(iso);
  const inside = await add('in', { wall: at('2026-06-01T12:00:00Z') }, true);
  const early = await add('early', { wall: at('2026-06-01T10:59:59.999Z') }, true);
  const late = await add('late', { wall: at('2026-06-01T13:00:00Z') }, true);
  const wrong = await add('wrong', { wall: at('1970-01-02T00:00:00Z'), clock: 'wrong' }, true);
  erasing.start();
  const times = { from: '2026-06-01T11:00:00Z', before: '2026-06-01T15:00:00+02:00' };
  const { id } = await erasing.order({ ...order, stream: 'door', ...times, picturesOnly: true }, act);
  await carriedOn(clock);
  const pictures = await Promise.all([inside, early, late, wrong].map((event) => store.snapshots.get(event)));
  expect(pictures.map((picture) => picture !== undefined)).toEqual([false, true, true, false]);
  for (const [text, stays] of [
    ['in', false],
    ['early', true],
    ['late', true],
    ['wrong', false],
  ] as const)
    expect(filesWith(folder, `jpeg of ${text} `).length > 0).toBe(stays);
  expect(
    (await store.events.list({ limit: 9 })).items.map(({ label, snapshot }) => [label, snapshot !== undefined]),
  ).toEqual([
    ['wrong', false],
    ['late', true],
    ['early', true],
    ['in', false],
  ]);
  expect((await erasing.get(id))?.hub).toMatchObject({ records: 0, pictures: 2 });
});

test('alerts that carried it lose their text, and notifications of it go', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  await store.devices.add('cam', 'h', 1);
  const id = await add('PLANTED', { wall: 5000 });
  // As the engine writes them (schema of 0012-alerts).
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL' });
  const alert = file.prepare(
    `INSERT INTO alerts (rule, device, subject, severity, since, fired_at, changed_at, text, count, event_id, untold, told)
       VALUES ('r', 'cam', ?, 'warning', ?, 1, 1, ?, 1, ?, 0, 1)`,
  );
  alert.run('door', 9e15, 'PLANTED-1 of the event', id);
  alert.run('door', 5000, 'PLANTED-2 of the stream', null);
  alert.run('yard', 5000, 'STAYS', null);
  const told = file.prepare(
    `INSERT INTO alert_deliveries (key, channel, rule, body, state, tries, created_at, next_at) VALUES (?, 'c', 'r', ?, 'delivered', 1, 1, 1)`,
  );
  const body = (alerts: object[]) => JSON.stringify({ text: alerts.map(() => 'x').join(), alerts });
  told.run(
    'k1',
    body([{ device: 'cam', subject: 'door', since: '2099-01-01T00:00:00.000Z', text: 'PLANTED-3', event: String(id) }]),
  );
  told.run('k2', body([{ device: 'cam', subject: 'door', since: '1970-01-01T00:00:05.000Z', text: 'PLANTED-4' }]));
  told.run('k3', body([{ device: 'cam', subject: 'yard', since: '1970-01-01T00:00:05.000Z', text: 'STAYS' }]));
  file.close();
  erasing.start();
  const made = await erasing.order({ ...order, stream: 'door' }, act);
  await carriedOn(clock);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(filesWith(folder, 'STAYS')).not.toEqual([]);
  expect((await erasing.get(made.id))?.hub.alerts).toBe(4);
});

test('ids go on rising after the newest rows were erased, also over a restart', async () => {
  const first = await hub();
  const before = [await first.add('a'), await first.add('b'), await first.add('c')];
  first.erasing.start();
  await first.erasing.order(order, act);
  await carriedOn(first.clock);
  expect(await first.add('d')).toBe(Math.max(...before) + 1);
  expect(await first.add('e')).toBe(Math.max(...before) + 2);
  await first.erasing.order(order, act);
  await carriedOn(first.clock, 10_000);
  await first.close();
  const next = await hub(first.folder);
  expect(await next.add('f', { epoch: 'e2' })).toBe(Math.max(...before) + 3);
});

test('whatever is stored and erased: no byte of it is left, and all else is', async () => {
  const one = fc.record({ stream: fc.constantFrom('door', 'yard'), picture: fc.boolean(), pad: fc.nat(2000) });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 150 }), async (all) => {
      const { folder, clock, store, erasing, add, close } = await hub();
      await store.devices.add('cam', 'h', 1);
      for (const [n, { stream, picture, pad }] of all.entries())
        await add(
          `PLANTED-${String(n).padStart(4, '0')}-${'x'.repeat(pad % 90)}`,
          { stream, more: 'y'.repeat(pad) },
          picture,
        );
      erasing.start();
      await erasing.order({ ...order, stream: 'door' }, act);
      await carriedOn(clock);
      const text = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'latin1'));
      const left = new Set(
        text.flatMap((file) => [...file.matchAll(/PLANTED-(\d{4})/g)].map((found) => Number(found[1]))),
      );
      const stays = all.flatMap(({ stream }, n) => (stream === 'yard' ? [n] : []));
      expect([...left].toSorted((a, b) => a - b)).toEqual(stays);
      await close();
    }),
    { numRuns: 25 },
  );
}, 120_000);

test('a time that has not come yet is refused, and no order is made', async () => {
  const { erasing } = await hub();
  const [past, future] = [0, 1].map((ms) => new Date(act.at + ms).toISOString());
  await expect(erasing.order({ ...order, before: future }, act)).rejects.toThrow('has not come yet');
  expect(await erasing.list({ limit: 9 })).toEqual([]);
  await erasing.order({ ...order, before: past }, act);
});

test('a time before 1970 makes no document that the device would refuse', async () => {
  const { clock, store, erasing, add, sent } = await hub();
  await store.devices.add('cam', 'h', 1);
  await add('old', { wall: 1 });
  erasing.start();
  const { id } = await erasing.order({ ...order, from: '1900-01-01T00:00:00Z', before: '1999-01-01T00:00:00Z' }, act);
  await erasing.order({ ...order, before: '0001-01-01T00:00:00Z' }, act);
  await carriedOn(clock);
  expect((await erasing.get(id))?.hub.records).toBe(1);
  expect(sent.map((document) => desired.safeParse(document).success)).toEqual([true, true]);
});

test('the database itself refuses to remove an event that is held', async () => {
  const { store, add } = await hub();
  const id = await add('PLANTED', {}, true);
  await store.transact((tx) => tx.holds.set(id, { reason: 'case 7' }, act));
  const all = { device: 'cam', before: Number.MAX_SAFE_INTEGER, pictures: false };
  await expect(store.transact((tx) => tx.eraseRows.step('events', all, 0))).rejects.toThrow(/foreign key/i);
  expect(await store.events.get(id)).toMatchObject({ hold: { reason: 'case 7', by: act.actor } });
});
