/** Records end by their age, on a real database. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Keep } from '../../../cloud-hub/config.ts';
import { DAY_MS } from '../../../cloud-hub/retention/forecast.ts';
import { lookAtGrowth } from '../../../cloud-hub/retention/look.ts';
import { Retention } from '../../../cloud-hub/retention/retention.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Bench, bench } from '../ingest/bench.ts';
import { eventRecord, jpeg, readingRecord } from '../support.ts';

const HOUR_MS = 3_600_000;
const start = Date.UTC(2026, 5, 1);

/** Stores one event with a picture and one reading a day, `days` of them; the first is the oldest. */
async function fill({ store }: Bench, days: number, perDay = 1): Promise<void> {
  await store.transact(async (tx) => {
    for (let n = 0; n < days * perDay; n++) {
      const receivedAt = start + 2 * HOUR_MS - Math.round((days - n / perDay) * DAY_MS);
      const about = { device: 'cam', epoch: 'old', receivedAt, backfill: false };
      for (const [seq, made] of [
        [2 * n + 1, eventRecord(2 * n + 1)],
        [2 * n + 2, readingRecord(2 * n + 2)],
      ] as const) {
        const record = recordBody.parse(made);
        const picture = record.kind === 'event' ? jpeg : undefined;
        await tx.records.add([{ ...about, seq, record, body: JSON.stringify(made), picture }]);
      }
    }
  });
}

async function runFor(hub: Bench, keep: Keep, clock = new ManualClock(start)): Promise<ManualClock> {
  const retention = new Retention({ store: hub.store, keep, clock, log: createLogger('test', 'silent') });
  onTestFinished(() => retention.stop());
  retention.start();
  await clock.advance(HOUR_MS);
  return clock;
}

const count = async (hub: Bench) => ({
  events: (await hub.store.events.list({ limit: 500 })).items.length,
  readings: (await hub.store.readings.list({ limit: 500 })).items.length,
});

test('what is older than is kept ends, and only that kind', async () => {
  const hub = await bench();
  await fill(hub, 400);
  await runFor(hub, { readings: 30 });
  expect(await count(hub)).toEqual({ events: 400, readings: 30 });
  await runFor(hub, { events: 100 });
  expect(await count(hub)).toEqual({ events: 100, readings: 30 });
  const [entry] = await hub.store.audit.list({ limit: 1 });
  expect(entry).toMatchObject({
    actor: 'hub',
    action: 'retention.remove',
    subject: 'events',
    detail: { records: 300, before: new Date(start + 60_000 - 100 * DAY_MS).toISOString() },
  });
  // Pictures go with their events.
  expect(await hub.store.snapshots.get(1)).toBeUndefined();
  expect(await hub.store.snapshots.get(400)).toBeDefined();
});

test('it goes on from hour to hour, and by default nothing ends', async () => {
  const hub = await bench();
  await fill(hub, 50);
  await runFor(hub, {});
  expect(await count(hub)).toEqual({ events: 50, readings: 50 });
  const clock = await runFor(hub, { events: 40 });
  expect((await count(hub)).events).toBe(40);
  clock.setWall(start + 2 * DAY_MS);
  await clock.advance(2 * HOUR_MS);
  expect((await count(hub)).events).toBe(38);
});

test('what an operator has judged stays, what is held, and the newest one: no id is given twice', async () => {
  const hub = await bench();
  await fill(hub, 600);
  await hub.store.transact(async (tx) => {
    for (const id of [1, 300]) await tx.corrections.set(id, { verdict: 'right' }, { at: 1, actor: 'ann' });
    await tx.holds.set(2, { reason: 'case 7' }, { at: 1, actor: 'ann' });
  });
  await runFor(hub, { events: 1, readings: 1 }, new ManualClock(start + 20 * DAY_MS));
  expect((await hub.store.events.list({ limit: 500 })).items.map(({ id }) => id)).toEqual(['600', '300', '2', '1']);
  expect(await count(hub)).toMatchObject({ readings: 1 });
});

test('a clock that cannot be right ends nothing', async () => {
  const hub = await bench();
  await fill(hub, 5);
  await runFor(hub, { events: 1 }, new ManualClock(Date.UTC(2020, 0, 1)));
  expect((await count(hub)).events).toBe(5);
});

test('a record that ended does not come back when it is sent again', async () => {
  const hub = await bench();
  await hub.batch([eventRecord(1), eventRecord(2), eventRecord(3)]);
  await runFor(hub, { events: 1 }, new ManualClock(Date.now() + 9 * DAY_MS));
  expect((await count(hub)).events).toBe(1);
  expect(await hub.batch([eventRecord(1), eventRecord(2), eventRecord(3)])).toMatchObject({ upTo: 3 });
  expect((await count(hub)).events).toBe(1);
  expect(await hub.store.sequences.list('cam')).toMatchObject([{ upTo: 3, gaps: [] }]);
});

test('what is foretold is near what is on the disk', async () => {
  const hub = await bench();
  await fill(hub, 14, 1500);
  const { outlook } = await lookAtGrowth(hub.folder, {}, start + 2 * HOUR_MS);
  await hub.store.close();
  const onDisk = statSync(path.join(hub.folder, 'hub.db')).size;
  expect(outlook?.kinds.map(({ kind, rows, perDay }) => [kind, rows, Math.round(perDay / 10)])).toEqual([
    ['events', 21_000, 150],
    ['readings', 21_000, 150],
  ]);
  expect((outlook?.bytes ?? 0) / onDisk).toBeGreaterThan(0.75);
  expect((outlook?.bytes ?? 0) / onDisk).toBeLessThan(1.25);
  expect((outlook?.bytesInAYear ?? 0) / onDisk).toBeGreaterThan(20);
});

test('a clock that was set years ahead ends nothing, also after a restart, until it has gone on for a week', async () => {
  const hub = await bench();
  await fill(hub, 50);
  const ahead = 4 * 365 * DAY_MS;
  const clock = new ManualClock(start + ahead);
  await runFor(hub, { events: 30 }, clock);
  expect((await count(hub)).events).toBe(50);
  // Records of now come with the wrong time.
  const one = eventRecord(1001);
  await hub.store.transact(async (tx) => {
    const about = { device: 'cam', epoch: 'new', receivedAt: clock.wall(), backfill: false };
    await tx.records.add([
      {
        ...about,
        seq: 1,
        record: recordBody.parse(one),
        body: JSON.stringify(one),
        picture: jpeg,
      },
    ]);
  });
  await runFor(hub, { events: 30 }, new ManualClock(start + ahead + 6 * DAY_MS));
  expect((await count(hub)).events).toBe(51);
  // Set right: the usual goes on.
  await runFor(hub, { events: 45 }, new ManualClock(start));
  expect((await count(hub)).events).toBe(46);
  await runFor(hub, { events: 30 }, new ManualClock(start + ahead + 8 * DAY_MS));
  expect((await count(hub)).events).toBe(1);
});
