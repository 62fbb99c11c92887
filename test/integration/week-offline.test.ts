/** A week without a hub against a quota of 64 MiB, then the way back: a real outbox, the real ingest and store of the hub. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { makeBatch } from '../../agent/sync/batches.ts';
import type { Event } from '../../cloud-hub/contract/event.ts';
import { MAX_BATCH_RECORDS } from '../../shared/contract/messages/batch.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import { body, heldBy, open } from '../agent/buffer/fixture.ts';
import { bench } from '../cloud-hub/ingest/bench.ts';
import { jpeg, readingRecord, snapshotOf, summaryRecord } from '../cloud-hub/support.ts';
import { tempFolder } from '../support/temp.ts';

const MIB = 1024 * 1024;
const QUOTA = 64 * MIB;
const HOURS = 7 * 24;
const FILES = ['outbox.db', 'outbox.db-wal', 'outbox.reserve', 'outbox.epoch'];

/** One hour: a reading each 5 s, a summary each 10 s, and an alarm with its picture each 5 minutes. */
function hourOf(hour: number): RecordBody[] {
  const picture = Buffer.concat([jpeg, Buffer.alloc(9_000, hour)]);
  const records: RecordBody[] = [];
  const { seq: _, ...reading } = readingRecord(1, { padding: 'x'.repeat(250) });
  const { seq: __, ...summary } = summaryRecord(1);
  for (let second = 0; second < 3600; second += 5) {
    const mark = hour * 3600 + second;
    records.push({ ...reading, mark } as unknown as RecordBody);
    if (second % 10 === 0) records.push({ ...summary, mark } as unknown as RecordBody);
    if (second % 300 === 0) records.push({ ...body(mark), snapshot: snapshotOf(picture) } as RecordBody);
  }
  return records;
}

test('a week offline stays within the quota, keeps every alarm, and the hub knows each record that was given up', {
  timeout: 240_000,
}, async () => {
  const folder = tempFolder();
  const outbox = open(folder, { quotaBytes: QUOTA });
  const bytesOnDisk = () =>
    FILES.reduce((sum, name) => sum + (statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
  let alarms = 0;
  let most = 0;
  let bytes = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    const records = hourOf(hour);
    alarms += records.filter((record) => record.kind === 'event').length;
    for (let from = 0; from < records.length; from += 100) {
      const some = records.slice(from, from + 100);
      bytes += some.reduce((sum, record) => sum + JSON.stringify(record).length, 0);
      expect(await outbox.append(some)).toBe('committed');
      most = Math.max(most, bytesOnDisk());
    }
  }
  expect(bytes).toBeGreaterThan(1.3 * QUOTA);
  expect(most).toBeLessThanOrEqual(QUOTA * 1.01);

  const held = new Set(heldBy(outbox).map((record) => record.seq));
  const evicted: number[] = [];
  for (let seq = 1; seq <= outbox.lastSeq; seq++) if (!held.has(seq)) evicted.push(seq);
  expect(evicted.length).toBeGreaterThan(10_000);
  const { epoch, lastSeq } = outbox;

  // The hub is back.
  const hub = await bench();
  for (let after = 0; ; ) {
    const leased = outbox.lease(MAX_BATCH_RECORDS, MIB, after);
    const batch = makeBatch({ epoch, base: outbox.base(), from: after + 1, leased });
    if (!batch) break;
    expect(batch.unsendable).toEqual([]);
    await hub.send(batch.payload);
    const ack = hub.acks.at(-1);
    expect(ack).toEqual({ epoch, upTo: batch.to, ranges: [] });
    after = batch.to;
    if (ack) outbox.ack(ack);
  }
  expect(outbox.state()).toMatchObject({ waiting: 0, givenUp: evicted.length });

  const [ledger] = await hub.store.sequences.list('cam');
  expect(ledger).toMatchObject({ epoch, upTo: lastSeq, records: held.size });
  const gaps = (ledger?.gaps ?? []).toSorted((a, b) => a.from - b.from);
  const missing = gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
  expect(missing).toEqual(evicted);
  expect(new Set(gaps.map((gap) => gap.reason))).toEqual(new Set(['quota']));
  const problems = (await hub.store.problems.list({ limit: 500 })).items;
  expect(problems.filter((t) => t.kind === 'loss').reduce((sum, t) => sum + t.count, 0)).toBe(evicted.length);
  const events: Event[] = [];
  for (let before: number | undefined; ; ) {
    const { items, next } = await hub.store.events.list({ limit: 10_000, before });
    events.push(...items);
    if (next === undefined) break;
    before = Number(next);
  }
  expect(events).toHaveLength(alarms);
  expect(events.every((event) => event.snapshot !== undefined)).toBe(true);
  outbox.close();
});
