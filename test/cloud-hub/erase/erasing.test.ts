/** Orders to erase on a real store: what goes, what stays, and how far an order is. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Erasing } from '../../../cloud-hub/erase/erasing.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { type Desired, desired } from '../../../shared/contract/messages/desired.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { type Report, report } from '../../../shared/contract/messages/report.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { filesWith } from '../../support/files-with.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, readingRecord, summaryRecord } from '../support.ts';

const act = { at: 9_000_000_000_000, actor: 'ann' };
const says = (erase: unknown): Report =>
  report.parse({
    ...{ version: '1', boot: 'b', config: 'c', process: { rssMb: 1, uptimeS: 1 } },
    host: { platform: 'linux', arch: 'x64', cpus: 1, memoryMb: 1, name: 'n' },
    outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
    streams: [],
    erase,
  });

async function hub(folder = tempFolder()) {
  const clock = new ManualClock();
  const store = await openStore(folder, clock.wall());
  const sent: Desired[] = [];
  const erasing = new Erasing({
    store,
    publish: (_device, document) => void sent.push(document),
    clock,
    log: createLogger('test', 'silent'),
  });
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    const stopped = erasing.stop();
    await clock.advance(1);
    await stopped;
    store.close();
  };
  onTestFinished(close);
  let seq = 0;
  /** Stores a record; `planted` stands in its text and its picture. */
  const add = (planted: string, more: Record<string, unknown> = {}, picture = false) => {
    const raw = { ...eventRecord(++seq, { label: planted }), ...more, seq };
    const { seq: _, ...body } = raw;
    const stored = store.transact(() =>
      store.records.add({
        ...{ device: 'cam', epoch: 'e1', seq, receivedAt: 5000, backfill: false, body: JSON.stringify(body) },
        record: recordBody.parse(body),
        ...(picture ? { picture: Buffer.from(`jpeg of ${planted} `.repeat(300)) } : {}),
      }),
    );
    return stored?.id ?? 0;
  };
  return { folder, clock, store, sent, erasing, add, close };
}

const order = { device: 'cam', picturesOnly: false };

/** Until nothing is left to do now: a pass takes a turn of the event loop for each step. */
async function carriedOn(clock: ManualClock, ms = 0): Promise<void> {
  await clock.advance(ms);
  for (let turn = 0; turn < 100; turn++) await nextTurn();
}

test('a stream goes in every table, with pictures, opinions, corrections and alerts; another stays', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  store.devices.add('cam', 'h', 1);
  const sample = 'ab'.repeat(16);
  const id = add('PLANTED-A', { sample }, true);
  add('STAYS-A', { stream: 'yard' }, true);
  const summary = summaryRecord(1, { labels: { 'PLANTED-B': 1 } });
  add('', summary);
  add('', readingRecord(1, { stream: 'door', label: 'PLANTED-C' }));
  add('', { kind: 'error', stream: 'door', code: 'x', message: 'PLANTED-D', count: 1, label: undefined });
  const opinion = { device: 'cam', stream: 'door', sample, receivedAt: 5000, outcome: 'changed' as const };
  store.transact(() => {
    store.opinions.add({
      ...opinion,
      ...{ chosenBy: ['event'], edge: { objects: [] }, bytes: 1, ms: 1 },
      hub: { model: 'm', label: 'PLANTED-E', objects: [] },
    });
    store.corrections.set(id, { verdict: 'other', label: 'PLANTED-F' }, act);
    const refused = { device: 'cam', receivedAt: 5000, reason: 'bad', bytes: 1 };
    store.quarantine.add({ ...refused, digest: 'd1', payload: Buffer.from('{"stream":"door","x":"PLANTED-G"}') });
    store.quarantine.add({ ...refused, digest: 'd2', payload: Buffer.from('{"stream":"yard","x":"STAYS-B"}') });
  });
  for (const mark of ['A', 'B', 'C', 'D', 'E', 'F', 'G']) expect(filesWith(folder, `PLANTED-${mark}`)).not.toEqual([]);
  erasing.start();
  const made = erasing.order({ ...order, stream: 'door', reason: 'request 7' }, act);
  expect(made).toMatchObject({ state: 'waiting', onDevice: { state: 'waiting' }, createdBy: 'ann' });
  await carriedOn(clock);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(filesWith(folder, 'STAYS-A')).not.toEqual([]);
  expect(filesWith(folder, 'STAYS-B')).not.toEqual([]);
  expect(erasing.get(made.id)?.hub).toEqual({ records: 4, pictures: 1, opinions: 1, alerts: 0, refused: 1 });
  expect((await store.quarantine.list({ limit: 9 })).length).toBe(1);
  expect((await store.audit.list({ limit: 9 })).map(({ action, detail }) => [action, detail.reason])).toEqual([
    ['erase.order', 'request 7'],
  ]);
});

test('only pictures, and only of a time: events stay without them; a wrong clock is covered', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  store.devices.add('cam', 'h', 1);
  const at = (iso: string) => Date.parse(iso);
  const inside = add('in', { wall: at('2026-06-01T12:00:00Z') }, true);
  const early = add('early', { wall: at('2026-06-01T10:59:59.999Z') }, true);
  const late = add('late', { wall: at('2026-06-01T13:00:00Z') }, true);
  const wrong = add('wrong', { wall: at('1970-01-02T00:00:00Z'), clock: 'wrong' }, true);
  erasing.start();
  const times = { from: '2026-06-01T11:00:00Z', before: '2026-06-01T15:00:00+02:00' };
  const { id } = erasing.order({ ...order, stream: 'door', ...times, picturesOnly: true }, act);
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
  expect(erasing.get(id)?.hub).toMatchObject({ records: 0, pictures: 2 });
});

test('alerts that carried it lose their text, and notifications of it go', async () => {
  const { folder, clock, store, erasing, add } = await hub();
  store.devices.add('cam', 'h', 1);
  const id = add('PLANTED', { wall: 5000 });
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
  const made = erasing.order({ ...order, stream: 'door' }, act);
  await carriedOn(clock);
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
  expect(filesWith(folder, 'STAYS')).not.toEqual([]);
  expect(erasing.get(made.id)?.hub.alerts).toBe(4);
});

test('an order waits for its device, then for what was on its way, and is done; the document names it until then', async () => {
  const { folder, clock, store, sent, erasing, add } = await hub();
  store.devices.add('cam', 'h', 1);
  erasing.start();
  const { id } = erasing.order({ ...order, stream: 'door' }, { ...act, at: clock.wall() });
  await clock.advance(3_600_000);
  expect(erasing.get(id)).toMatchObject({ state: 'waiting', onDevice: { state: 'waiting' } });
  expect(sent.at(-1)?.erase).toEqual([{ id, stream: 'door', before: Date.UTC(2026, 0, 1), pictures: false }]);
  expect(store.desired.get('cam')).toEqual(sent.at(-1));
  erasing.reported('cam', says([{ id, state: 'failed', reason: 'disk full' }]));
  expect(erasing.get(id)).toMatchObject({ state: 'waiting', onDevice: { state: 'failed', reason: 'disk full' } });
  const erased = { records: 3, pictures: 0, samples: 0, memories: 0 };
  erasing.reported('cam', says([{ id, state: 'done', erased }]));
  expect(erasing.get(id)).toMatchObject({ state: 'settling', onDevice: { state: 'done', erased } });
  // It was on its way when the device was done.
  await clock.advance(30_000);
  add('PLANTED', { wall: 5 });
  await carriedOn(clock, 25_000);
  expect(erasing.get(id)?.state).toBe('settling');
  await carriedOn(clock, 20_000);
  expect(erasing.get(id)).toMatchObject({ state: 'done', hub: { records: 1 } });
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
  add('PLANTED-GONE');
  erasing.start();
  const gone = erasing.order(order, act);
  await carriedOn(clock);
  expect(erasing.get(gone.id)).toMatchObject({ state: 'done', onDevice: { state: 'gone' }, hub: { records: 1 } });
  expect(store.desired.get('cam')).toBeUndefined();
  store.devices.add('cam', 'h', 1);
  const { erase: _, ...old } = says([]);
  store.transact(() => store.devices.noteContact('cam', { report: report.parse(old) }, 1));
  const waits = erasing.order(order, act);
  await carriedOn(clock, 200_000);
  expect(erasing.get(waits.id)).toMatchObject({ state: 'waiting', onDevice: { state: 'unknown' } });
  expect(filesWith(folder, 'PLANTED')).toEqual([]);
});

test('a hub that is ended in the middle goes on at its next start', async () => {
  const first = await hub();
  first.store.devices.add('cam', 'h', 1);
  for (let n = 0; n < 3500; n++) first.add(`PLANTED-${n}`);
  first.erasing.start();
  const { id } = first.erasing.order(order, act);
  // Some steps, not all.
  await first.clock.advance(0);
  await first.close();
  expect(filesWith(first.folder, 'PLANTED-3499')).not.toEqual([]);
  const next = await hub(first.folder);
  next.erasing.start();
  await carriedOn(next.clock);
  expect(filesWith(first.folder, 'PLANTED')).toEqual([]);
  expect(next.erasing.get(id)).toMatchObject({ state: 'waiting', hub: { records: 3500 } });
});

test('ids go on rising after the newest rows were erased, also over a restart', async () => {
  const first = await hub();
  const before = ['a', 'b', 'c'].map((label) => first.add(label));
  first.erasing.start();
  first.erasing.order(order, act);
  await carriedOn(first.clock);
  expect(first.add('d')).toBe(Math.max(...before) + 1);
  expect(first.add('e')).toBe(Math.max(...before) + 2);
  first.erasing.order(order, act);
  await carriedOn(first.clock, 10_000);
  await first.close();
  const next = await hub(first.folder);
  expect(next.add('f', { epoch: 'e2' })).toBe(Math.max(...before) + 3);
});

test('whatever is stored and erased: no byte of it is left, and all else is', async () => {
  const one = fc.record({ stream: fc.constantFrom('door', 'yard'), picture: fc.boolean(), pad: fc.nat(2000) });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 150 }), async (all) => {
      const { folder, clock, store, erasing, add, close } = await hub();
      store.devices.add('cam', 'h', 1);
      for (const [n, { stream, picture, pad }] of all.entries())
        add(
          `PLANTED-${String(n).padStart(4, '0')}-${'x'.repeat(pad % 90)}`,
          { stream, more: 'y'.repeat(pad) },
          picture,
        );
      erasing.start();
      erasing.order({ ...order, stream: 'door' }, act);
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
  expect(() => erasing.order({ ...order, before: future }, act)).toThrow('has not come yet');
  expect(erasing.list({ limit: 9 })).toEqual([]);
  erasing.order({ ...order, before: past }, act);
});

test('a time before 1970 makes no document that the device would refuse', async () => {
  const { clock, store, erasing, add, sent } = await hub();
  store.devices.add('cam', 'h', 1);
  add('old', { wall: 1 });
  erasing.start();
  const { id } = erasing.order({ ...order, from: '1900-01-01T00:00:00Z', before: '1999-01-01T00:00:00Z' }, act);
  erasing.order({ ...order, before: '0001-01-01T00:00:00Z' }, act);
  await carriedOn(clock);
  expect(erasing.get(id)?.hub.records).toBe(1);
  expect(sent.map((document) => desired.safeParse(document).success)).toEqual([true, true]);
});
