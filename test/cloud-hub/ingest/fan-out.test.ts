/** After the commit: what is counted, who is told. */
import { expect, test } from 'vitest';
import { encode } from '../../../shared/contract/codec.ts';
import { recordBody, recordKinds } from '../../../shared/contract/messages/record.ts';
import { eventRecord, jpeg, lossRecord, readingRecord, snapshotOf, summaryRecord } from '../support.ts';
import { bench } from './bench.ts';

const report = {
  version: '1.0.0',
  boot: 'b',
  config: 'c',
  host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1000, name: 'box' },
  process: { rssMb: 100, uptimeS: 5 },
  outbox: { epoch: 'e1', waiting: 3, bytes: 1000, lastSeq: 9 },
  streams: [],
};

const { kind: _kind, seq: _seq, stream: _stream, ...envelope } = summaryRecord(1);
const plain = (seq: number, kind: string) => ({ ...envelope, seq, kind });

test('the live feed is told of events, summaries, readings and problems as the lists have them; all kinds are counted', async () => {
  const b = await bench();
  await b.batch([
    eventRecord(1, { snapshot: snapshotOf(jpeg) }),
    summaryRecord(2),
    readingRecord(3),
    { ...plain(4, 'error'), code: 'camera-gone', message: 'it is gone', count: 2 },
    lossRecord(5, { epoch: 'e1', from: 7, to: 9, reason: 'quota' }),
    plain(6, 'health'),
    plain(7, 'verdict'),
  ]);
  const page = { limit: 5 };
  const [event] = (await b.store.events.list(page)).items;
  const [summary] = (await b.store.summaries.list(page)).items;
  const [reading] = (await b.store.readings.list(page)).items;
  const [loss, error] = (await b.store.problems.list(page)).items;
  expect(event?.snapshot).toBeDefined();
  expect(b.live).toEqual([
    { type: 'event', event },
    { type: 'summary', summary },
    { type: 'reading', reading },
    { type: 'problem', problem: error },
    { type: 'problem', problem: loss },
  ]);
  for (const kind of recordKinds) expect(await b.counted('records', kind), kind).toBe(1);
  expect(b.reports).toEqual([]);
});

test('only what was stored now is told; copies and refusals are counted', async () => {
  const b = await bench();
  await b.batch([eventRecord(1), { seq: 2, kind: 'poem' }]);
  await b.batch([eventRecord(1), { seq: 2, kind: 'poem' }, eventRecord(3)]);
  expect(b.live.map((m) => m.type === 'event' && m.event.ptsMs)).toEqual([40, 120]);
  const counts = await Promise.all(
    (['batches', 'acks', 'records', 'duplicates', 'refused', 'quarantined', 'quarantineEvicted'] as const).map((name) =>
      b.counted(name),
    ),
  );
  expect(counts).toEqual([2, 2, 2, 2, 1, 1, 0]);
});

test('a row that is there although the ledger does not know it is stored, counted and told once', async () => {
  const b = await bench();
  const record = recordBody.parse(eventRecord(2));
  const known = {
    device: 'cam',
    epoch: 'e1',
    seq: 2,
    receivedAt: 1,
    backfill: false,
    record,
    body: JSON.stringify(record),
  };
  expect(await b.store.transact(async (tx) => tx.records.add([known]))).toHaveLength(1);
  expect(await b.batch([eventRecord(1), eventRecord(2, { origin: [{ epoch: 'old', seq: 5 }] })])).toMatchObject({
    upTo: 2,
  });
  expect((await b.store.events.list({ limit: 5 })).items).toHaveLength(2);
  expect(b.live).toHaveLength(1);
  expect(await b.counted('records')).toBe(1);
  const ledgers = await b.store.sequences.list('cam');
  expect(ledgers).toMatchObject([{ epoch: 'e1', upTo: 2, records: 1, gaps: [] }]);
});

test('a quarantine that is full says how many old entries went', async () => {
  const b = await bench();
  const poems = (from: number) => Array.from({ length: 600 }, (_, i) => ({ seq: from + i, kind: 'poem' }));
  await b.batch(poems(1));
  await b.batch(poems(601));
  expect(await b.counted('quarantined')).toBe(1200);
  expect(await b.counted('quarantineEvicted')).toBe(200);
});

test('status, report and presence tell of the device as it is then; a report goes to the rollouts after its commit', async () => {
  const b = await bench();
  const online: (boolean | undefined)[] = [];
  b.ingest.presence('cam', true);
  await b.ingest.drained();
  await b.send(encode({ online: false, version: '0.9.0' }), 'status');
  await b.send(encode(report), 'report');
  for (const message of b.live) {
    if (message.type !== 'device') throw new Error(`told of ${message.type}`);
    online.push(message.device.online);
  }
  expect(online).toEqual([true, false, false]);
  expect(b.live.at(-1)).toEqual({ type: 'device', device: await b.store.devices.get('cam') });
  expect(b.reports).toEqual([{ device: 'cam', report }]);
  // What is refused tells nobody.
  await b.send(encode({ ...report, version: 7 }), 'report');
  await b.send(encode({ online: 'yes' }), 'status');
  expect([b.live.length, b.reports.length]).toEqual([3, 1]);
  // Nor does a device that is gone meanwhile.
  b.ingest.presence('gone', true);
  await b.ingest.drained();
  expect(b.live).toHaveLength(3);
});
