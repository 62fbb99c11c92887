import { describe, expect, test } from 'vitest';
import { encode } from '../../../shared/contract/codec.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { body, open } from '../buffer/fixture.ts';
import { many, setup } from './setup.ts';

const IMPATIENT = { ackTimeoutMs: 150 };

describe('uplink against a real broker', () => {
  test('a backlog and what comes later arrive once, in order, and leave the outbox', async () => {
    const t = await setup();
    await t.outbox.append(many(0, 1000));
    t.sync.start();
    await t.hub.sees(() => t.hub.batches.length > 3);
    await t.outbox.append(many(1000, 1300));
    await t.drained(1300);
    const seqs = t.hub.batches.flatMap((b) => b.records.map((r) => r.seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(t.hub.duplicates).toBe(0);
    expect(Math.max(...t.hub.batches.map((b) => b.records.length))).toBe(50);
    expect(t.sync.state().uplink).toMatchObject({ inFlight: 0, resent: 0 });
  });

  test('what happens now overtakes a backlog, and both arrive once', async () => {
    const t = await setup({ limits: { backlog: 100, backfillPerSecond: 2000 } });
    await t.outbox.append(many(0, 3000));
    t.sync.start();
    await t.hub.sees(() => t.hub.batches.length > 4);
    await t.outbox.append(many(3000, 3010));
    await t.hub.sees(() => t.hub.batches.some((b) => b.to === 3010));
    expect(t.sync.state().uplink.backfill).toBeGreaterThan(1000);
    await t.drained(3010);
    expect(t.hub.duplicates).toBe(0);
    await until(() => t.sync.state().uplink.backfill === 0, 'one lane again');
  });

  test('who asked is told of each connection, the first and those after it', async () => {
    let connected = 0;
    const t = await setup({ onConnected: () => connected++ });
    t.sync.start();
    await until(() => connected === 1, 'connected');
    await t.restartBroker();
    await until(() => connected === 2, 'connected again');
    expect(t.sync.state().connected).toBe(true);
  });

  test('lanes live through a broker that restarts, again and again', async () => {
    const t = await setup({ limits: { backlog: 100, backfillPerSecond: 5000 } });
    t.sync.start();
    for (let round = 0; round < 5; round++) {
      await t.outbox.append(many(round * 1000, round * 1000 + 1000));
      const before = t.hub.batches.length;
      await t.hub.sees(() => t.hub.batches.length > before + 3);
      await t.outbox.append(body(-1, 'event'));
      await t.restartBroker();
    }
    await until(() => t.outbox.state().waiting === 0, 'an empty outbox', 15_000);
    const marks = t.hub.marks(t.outbox.epoch).filter((mark) => mark !== -1);
    expect(marks).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  });

  test('a hub that knows one lane gets everything in order', async () => {
    const t = await setup({ limits: { backlog: 100 } });
    t.hub.ranged = false;
    await t.outbox.append(many(0, 2000));
    t.sync.start();
    await t.hub.sees(() => t.hub.batches.length > 3);
    await t.outbox.append(many(2000, 2010));
    await t.drained(2010);
    const seqs = t.hub.batches.flatMap((b) => b.records.map((r) => r.seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
  });

  test('batches keep their size in bytes', async () => {
    const t = await setup({ limits: { maxBytes: 100_000 } });
    await t.outbox.append(Array.from({ length: 60 }, (_, i) => body(i, 'event', 20_000)));
    t.sync.start();
    await t.drained(60);
    expect(Math.max(...t.hub.batches.map((b) => JSON.stringify(b).length))).toBeLessThan(110_000);
  });

  test('a hub that loses a batch gets it again', async () => {
    const t = await setup({ limits: IMPATIENT });
    t.hub.lose = 1;
    await t.outbox.append(many(0, 400));
    t.sync.start();
    await t.drained(400);
    expect(t.sync.state().uplink.resent).toBeGreaterThan(0);
  });

  test('a silent hub costs nothing but time', async () => {
    const t = await setup({ limits: IMPATIENT });
    t.hub.silent = true;
    await t.outbox.append(many(0, 500));
    t.sync.start();
    const sent = () => t.hub.messages.filter((m) => m.channel === 'records').length;
    await t.hub.sees(() => sent() >= 6);
    expect(t.outbox.state().waiting).toBe(500);
    expect(t.sync.state().uplink.inFlight).toBeLessThanOrEqual(4);
    t.hub.silent = false;
    await t.drained(500);
  });

  test('a broker that restarts, again and again', async () => {
    const t = await setup();
    t.sync.start();
    for (let round = 0; round < 5; round++) {
      await t.outbox.append(many(round * 200, round * 200 + 200));
      const before = t.hub.batches.length;
      await t.hub.sees(() => t.hub.batches.length > before);
      await t.restartBroker();
    }
    await t.drained(1000);
  });

  test('duplicate and stale acknowledgements change nothing', async () => {
    const t = await setup();
    t.hub.ackTimes = 3;
    await t.outbox.append(many(0, 300));
    t.sync.start();
    t.hub.send('ack', encode({ epoch: 'another', upTo: 250 }));
    await t.drained(300);
    t.hub.send('ack', encode({ epoch: 'another', upTo: 250 }));
    await until(() => t.sync.state().uplink.staleAcks > 0, 'the stale acknowledgement');
    await t.outbox.append(many(300, 310));
    await t.drained(310);
  });

  test('an acknowledgement of more than was ever given begins a new epoch, and all that is held comes again', async () => {
    const t = await setup();
    t.hub.silent = true;
    await t.outbox.append(many(0, 20));
    const { epoch } = t.outbox;
    t.sync.start();
    await t.hub.sees(() => t.hub.messages.some((m) => m.channel === 'records'));
    t.hub.silent = false;
    t.hub.send('ack', encode({ epoch, upTo: 100 }));
    await until(() => t.outbox.epoch !== epoch, 'the new epoch');
    await t.drained(20);
  });

  test('refused records are set aside, one complaint tells of them, and nothing loops', async () => {
    const t = await setup();
    // This hub refuses even the complaint.
    t.hub.refuses = (record) =>
      record.kind === 'error' || Number(record.mark) % 10 === 3 ? 'unknown kind of record' : undefined;
    await t.outbox.append(many(0, 100));
    t.sync.start();
    await until(() => t.outbox.state().waiting === 0 && t.outbox.state().refused >= 11, 'the refusals');
    expect(t.hub.marks(t.outbox.epoch)).toHaveLength(90);
    expect(t.outbox.state().refused).toBe(11);
    expect(t.problems).toMatchObject([{ code: 'records-refused', message: expect.stringContaining('unknown kind') }]);
  });

  test('a record that no batch can hold is set aside, named, and the others go on', async () => {
    const t = await setup({ limits: { maxRecordBytes: 10_000 } });
    await t.outbox.append([body(0), body(500, 'event', 20_000), body(1)]);
    t.sync.start();
    await t.drained(2);
    expect(t.outbox.state().refused).toBe(1);
    expect(t.problems).toMatchObject([
      { code: 'records-refused', count: 1, message: expect.stringContaining('numbers 2 to 2') },
    ]);
    expect(t.hub.batches[0]).toMatchObject({ from: 1, to: 3 });
  });

  test('a restarted agent goes on where the hub stands, with the holes covered', async () => {
    const folder = tempFolder();
    const first = open(folder, { clock: systemClock });
    await first.append(many(0, 30));
    first.ack({ epoch: first.epoch, upTo: 10, refused: [{ from: 15, to: 20, reason: 'bad' }] });
    first.close();
    const t = await setup({ outbox: open(folder, { clock: systemClock }) });
    t.sync.start();
    await until(() => t.outbox.state().waiting === 0, 'an empty outbox');
    expect(t.hub.batches[0]).toMatchObject({ from: 11, to: 30, base: 11 });
    expect(t.hub.batches[0]?.records.map((r) => r.seq)).toEqual([
      11,
      12,
      13,
      14,
      ...Array.from({ length: 10 }, (_, i) => 21 + i),
    ]);
  });
});
