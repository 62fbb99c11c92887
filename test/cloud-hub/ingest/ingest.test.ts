import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, jpeg, lossRecord, snapshotOf, summaryRecord } from '../support.ts';
import { all, bench } from './bench.ts';

describe('batches', () => {
  test('are stored once, acknowledged each time', async () => {
    const b = await bench();
    const records = [eventRecord(1), summaryRecord(2)];
    expect(await b.batch(records)).toEqual({ epoch: 'e1', upTo: 2, ranges: [] });
    expect(await b.batch(records)).toEqual({ epoch: 'e1', upTo: 2, ranges: [] });
    expect((await b.store.events.list(all)).items).toHaveLength(1);
    expect((await b.store.summaries.list(all)).items).toHaveLength(1);
    expect(await b.store.sequences.list('cam')).toEqual([{ epoch: 'e1', upTo: 2, records: 2, gaps: [] }]);
  });

  test('any order and repetition: each record once, high-water mark and gaps right', async () => {
    const b = await bench();
    let run = 0;
    const history = fc
      .tuple(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 30 })),
      )
      .chain(([count, size, lost]) => {
        const batches = Array.from({ length: Math.ceil(count / size) }, (_, i) => {
          const from = i * size + 1;
          const to = Math.min(count, from + size - 1);
          const seqs = Array.from({ length: to - from + 1 }, (_, k) => from + k).filter((n) => !lost.includes(n));
          return { from, to, records: seqs.map((n) => eventRecord(n)) };
        });
        return fc.record({
          count: fc.constant(count),
          lost: fc.constant(lost.filter((n) => n <= count)),
          order: fc
            .tuple(fc.shuffledSubarray(batches), fc.shuffledSubarray(batches, { minLength: batches.length }))
            .map(([again, every]) => [...again, ...every]),
        });
      });
    await fc.assert(
      fc.asyncProperty(history, async ({ count, lost, order }) => {
        const epoch = `run${run++}`;
        // Every other run in groups.
        for (const { from, to, records } of order) {
          if (run % 2 === 0) await b.batch(records, { epoch, from, to });
          else b.ingest.offer('cam', 'records', encode({ epoch, from, to, base: 1, records }));
        }
        await b.ingest.drained();
        expect(b.acks.at(-1)).toEqual({ epoch, upTo: count, ranges: [] });
        const ledger = (await b.store.sequences.list('cam')).find((s) => s.epoch === epoch);
        expect(ledger?.upTo).toBe(count);
        expect(ledger?.records).toBe(count - lost.length);
        expect(ledger?.gaps.reduce((n, g) => n + g.to - g.from + 1, 0)).toBe(lost.length);
      }),
      { numRuns: 40 },
    );
  });

  test('what comes after later numbers is flagged as backfill', async () => {
    const b = await bench();
    await b.batch([eventRecord(5), eventRecord(6)]);
    await b.batch([eventRecord(1), eventRecord(2)]);
    await b.batch([eventRecord(7)]);
    await b.batch([eventRecord(3), eventRecord(4), eventRecord(5)]);
    const events = (await b.store.events.list(all)).items;
    expect(events.map((e) => [e.ptsMs / 40, e.backfill])).toEqual([
      [4, true],
      [3, true],
      [7, undefined],
      [2, true],
      [1, true],
      [6, undefined],
      [5, undefined],
    ]);
  });

  test('a record that was here under an old name is dropped, and one under a new name closes the old one', async () => {
    const b = await bench();
    const moved = (seq: number, ...was: number[]) =>
      eventRecord(seq, { origin: was.map((old) => ({ epoch: 'old', seq: old })) });
    await b.batch(
      [1, 2, 3].map((n) => eventRecord(n)),
      { epoch: 'old' },
    );
    // 3 is there, 4 is not.
    expect(await b.batch([moved(1, 3), moved(2, 4)], { epoch: 'new' })).toEqual({ epoch: 'new', upTo: 2, ranges: [] });
    // A late copy of 4 under its old name, with 5 that nobody has seen.
    await b.batch([eventRecord(4), eventRecord(5)], { epoch: 'old' });
    expect((await b.store.events.list(all)).items.map((e) => e.ptsMs / 40)).toEqual([5, 2, 3, 2, 1]);
    const ledgers = await b.store.sequences.list('cam');
    expect(ledgers.find((l) => l.epoch === 'new')).toMatchObject({ upTo: 2, records: 1, gaps: [] });
    expect(ledgers.find((l) => l.epoch === 'old')).toMatchObject({ upTo: 5, records: 4, gaps: [] });
  });

  test('a hole at or above the base holds the high-water mark back', async () => {
    const b = await bench();
    expect((await b.batch([eventRecord(1)]))?.upTo).toBe(1);
    expect(await b.batch([eventRecord(5)], { base: 2 })).toMatchObject({ upTo: 1, ranges: [{ from: 5, to: 5 }] });
    expect((await b.batch([eventRecord(2), eventRecord(3), eventRecord(4)], { base: 2 }))?.upTo).toBe(5);
  });

  test('a loss record names the reason, whether it comes before or after the gap', async () => {
    const b = await bench();
    const loss = { epoch: 'e1', from: 2, to: 3, reason: 'quota' };
    await b.batch([eventRecord(1), eventRecord(5)]);
    await b.batch([lossRecord(6, loss)]);
    await b.batch([lossRecord(7, { ...loss, from: 9, to: 9, reason: 'disk full' })]);
    await b.batch([eventRecord(8), eventRecord(10)]);
    expect((await b.store.sequences.list('cam'))[0]?.gaps).toEqual([
      { from: 2, to: 3, reason: 'quota' },
      { from: 4, to: 4, reason: 'given up by the device' },
      { from: 9, to: 9, reason: 'disk full' },
    ]);
  });

  test('too many open holes: nothing more is taken until some are filled', async () => {
    const b = await bench();
    const odd = Array.from({ length: 1025 }, (_, i) => 3 + 2 * i);
    const above = odd.slice(0, 1000).map((n) => ({ from: n, to: n }));
    await b.store.transact(async (tx) =>
      tx.sequences.write('cam', 'e1', { upTo: 0, above: [] }, { upTo: 0, above }, above.length, 0),
    );
    await b.together(odd.slice(1000).map((n) => [eventRecord(n)]));
    const before = (await b.store.sequences.list('cam'))[0]?.records;
    expect(await b.batch([eventRecord(9001)])).toBeUndefined();
    expect((await b.store.sequences.list('cam'))[0]?.records).toBe(before);
    expect((await b.batch([eventRecord(1), eventRecord(2)]))?.upTo).toBe(3);
  });

  test('the ledger is kept over a restart', async () => {
    const folder = tempFolder();
    const first = await openStore(folder, 0);
    await first.transact(async (tx) =>
      tx.sequences.write('cam', 'e1', { upTo: 0, above: [] }, { upTo: 7, above: [{ from: 9, to: 9 }] }, 8, 0),
    );
    await first.close();
    const b = await bench(folder);
    expect((await b.batch([eventRecord(8)]))?.upTo).toBe(9);
  });
});

describe('records', () => {
  test('unknown keys are kept, and the picture is split off', async () => {
    const folder = tempFolder();
    const b = await bench(folder);
    await b.batch([eventRecord(1, { novel: { a: [1] }, snapshot: { ...snapshotOf(jpeg), quality: 80 } })]);
    const [event] = (await b.store.events.list(all)).items;
    expect(event?.snapshot).toBe(event?.id);
    const snapshot = await b.store.snapshots.get(Number(event?.snapshot));
    expect(Buffer.from(snapshot?.picture ?? [])).toEqual(jpeg);
    const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL', readonly: true });
    const body = JSON.parse(String(file.prepare('SELECT body FROM events').pluck().get()));
    file.close();
    const { data: _data, ...about } = snapshotOf(jpeg);
    expect(body).toEqual(eventRecord(1, { novel: { a: [1] }, snapshot: { ...about, quality: 80 } }));
  });

  test('a snapshot that is no JPEG is refused with its record', async () => {
    const b = await bench();
    const answer = await b.batch([eventRecord(1, { snapshot: snapshotOf(Buffer.from('<svg>')) })]);
    expect(answer?.refused?.[0]?.reason).toMatch(/records\[0\]\.snapshot\.data: is not a JPEG/);
  });
});

describe('status and report', () => {
  const report = {
    version: '1.0.0',
    boot: 'b',
    config: 'c',
    host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1000, name: 'box', kernel: '6.1' },
    process: { rssMb: 100, uptimeS: 5 },
    outbox: { epoch: 'e1', waiting: 3, bytes: 1000, lastSeq: 9 },
    streams: [{ id: 'door', state: 'running', source: 'test:', fps: 5, rules: [] }],
  };

  test('update the device', async () => {
    const b = await bench();
    await b.send(encode({ online: true, version: '0.9.0' }), 'status');
    expect(await b.store.devices.get('cam')).toMatchObject({ online: true, version: '0.9.0', streams: [] });
    await b.send(encode(report), 'report');
    await b.send(encode({ online: false }), 'status');
    expect(await b.store.devices.get('cam')).toMatchObject({
      online: false,
      version: '1.0.0',
      streams: report.streams,
      host: report.host,
      outbox: report.outbox,
    });
  });

  test('one that fails its schema is held, and changes nothing', async () => {
    const b = await bench();
    await b.send(encode({ ...report, streams: [{ id: 'Door!' }] }), 'report');
    await b.send(encode({ online: 'yes' }), 'status');
    expect(await b.store.devices.get('cam')).toMatchObject({ online: false, streams: [] });
    const held = await b.store.quarantine.list(all);
    expect(held.map((q) => q.reason)).toEqual([
      expect.stringMatching(/^up\/status: online: /),
      expect.stringMatching(/^up\/report: streams\[0\]\.id: /),
    ]);
  });
});
