/** A batch is taken in parts, which may come in turns of their own: it ends as if it had been taken at once. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HubStore } from '../../../cloud-hub/store/store.ts';
import { encode, pack } from '../../../shared/contract/codec.ts';
import { MAX_BATCH_BYTES } from '../../../shared/contract/messages/batch.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { eventRecord, lossRecord } from '../support.ts';
import { all, type Bench, bench } from './bench.ts';

const events = (count: number, from = 1) => Array.from({ length: count }, (_, i) => eventRecord(from + i));

/** What the hub holds, and what it said last. */
async function ending(b: Bench) {
  const { items } = await b.store.events.list(all);
  return {
    ledgers: (await b.store.sequences.list('cam')).toSorted((x, y) => (x.epoch < y.epoch ? -1 : 1)),
    events: items.map(({ ptsMs, backfill }) => [ptsMs, backfill ?? false]),
    refused: (await b.store.quarantine.list(all)).map(({ epoch, from, to }) => [epoch, from, to]).toSorted(),
    acks: b.acks,
    counts: await Promise.all(
      (['batches', 'acks', 'records', 'duplicates', 'refused', 'quarantined'] as const).map((name) => b.counted(name)),
    ),
  };
}

/** Parts of two records. */
function everySecond() {
  let records = 0;
  return () => ++records % 2 === 0;
}

const record = (seq: number) =>
  fc.constantFrom(
    eventRecord(seq),
    { seq, kind: 'poem' },
    lossRecord(seq, { epoch: 'e1', from: 2, to: 5, reason: 'quota' }),
    eventRecord(seq, { origin: [{ epoch: 'e0', seq }] }),
  );
const batch = fc
  .record({
    from: fc.integer({ min: 1, max: 20 }),
    length: fc.integer({ min: 1, max: 9 }),
    base: fc.integer({ min: 1, max: 25 }),
  })
  .chain(({ from, length, base }) =>
    fc
      .subarray(Array.from({ length }, (_, i) => from + i))
      .chain((seqs) => fc.tuple(...seqs.map(record)))
      .map((records) => ({ epoch: 'e1', from, to: from + length - 1, base, records })),
  );

test('any batches, record by record or at once: the same records, gaps, refusals and acknowledgements', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), async (batches) => {
      const [whole, parted] = await Promise.all([bench(), bench(undefined, undefined, { enough: () => true })]);
      for (const b of [whole, parted]) for (const one of batches) await b.send(encode(one));
      expect(await ending(parted)).toEqual(await ending(whole));
    }),
    { numRuns: 8 },
  );
});

describe('a batch in parts', () => {
  /** A store that counts its commits, and fails the ones named. */
  function failing(fails: readonly number[], commits: number[] = []) {
    return (store: HubStore): HubStore => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          commits.push(0);
          const result = await work(tx);
          if (fails.includes(commits.length)) throw Object.assign(new Error('disk full'), { code: 'SQLITE_FULL' });
          return result;
        }),
    });
  }

  test.each([1, 2, 3])(
    'the disk is full at part %i: nothing is acknowledged, and the next try stores what is missing',
    async (at) => {
      const b = await bench(undefined, failing([at]), { enough: everySecond() });
      expect(await b.batch(events(6))).toBeUndefined();
      expect(await b.counted('records')).toBe(2 * (at - 1));
      expect(await b.batch(events(6))).toEqual({ epoch: 'e1', upTo: 6, ranges: [] });
      expect(await ending(b)).toMatchObject({ ledgers: [{ upTo: 6, records: 6, gaps: [] }] });
    },
  );

  test('does not keep others waiting, and keeps its own order', async () => {
    const commits: number[] = [];
    const b = await bench(undefined, failing([], commits), { enough: () => true });
    await b.store.devices.add('calm', 'x', 0);
    const order: string[] = [];
    const payload = (epoch: string, records: readonly unknown[]) =>
      encode({ epoch, from: 1, to: records.length, base: 1, records, pad: 'x'.repeat(9000) });
    const reported = b.live.length;
    b.ingest.offer('cam', 'records', payload('e1', events(20)));
    b.ingest.offer('cam', 'records', encode({ epoch: 'e1', from: 21, to: 21, base: 1, records: events(1, 21) }));
    await new Promise((resolve) => setImmediate(resolve));
    b.ingest.offer('calm', 'records', encode({ epoch: 'c1', from: 1, to: 1, base: 1, records: events(1) }));
    await b.ingest.drained();
    for (const message of b.live.slice(reported))
      if (message.type === 'event') order.push(`${message.event.device} ${message.event.ptsMs / 40}`);
    expect(order.filter((line) => line.startsWith('cam'))).toEqual(
      Array.from({ length: 21 }, (_, i) => `cam ${i + 1}`),
    );
    expect(order.indexOf('calm 1')).toBeLessThan(5);
    expect(commits.length).toBeGreaterThanOrEqual(20);
    expect(b.acks.map(({ epoch, upTo }) => [epoch, upTo])).toEqual([
      ['c1', 1],
      ['e1', 20],
      ['e1', 21],
    ]);
  });

  test('parts share a commit while there is time, up to the bound of a group', async () => {
    const commits: number[] = [];
    const b = await bench(undefined, failing([], commits));
    expect(await b.batch(events(700))).toEqual({ epoch: 'e1', upTo: 700, ranges: [] });
    // 256 and 256 records, then the rest.
    expect(commits).toHaveLength(2);
    expect(await ending(b)).toMatchObject({ ledgers: [{ upTo: 700, records: 700, gaps: [] }] });
  });

  test('a part that fails alone is refused; the part behind it in its group is stored', async () => {
    let tries = 0;
    const b = await bench(undefined, (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const add: typeof tx.records.add = async (items) => {
            if (items.every(({ seq }) => seq !== 7)) return tx.records.add(items);
            tries++;
            throw new Error('cannot be bound');
          };
          return work({ ...tx, records: { add } });
        }),
    }));
    const answer = await b.batch(events(300));
    expect(answer).toMatchObject({
      upTo: 300,
      refused: [{ from: 1, to: 256, reason: expect.stringContaining('bound') }],
    });
    expect(tries).toBe(2);
    expect(await b.counted('records')).toBe(44);
  });

  test.each<[string, unknown[], number]>([
    ['a number falls', [...events(4), eventRecord(3)], 4],
    ['a number is above the range', [...events(4), eventRecord(99)], 4],
    ['a record is no object', [...events(4), 7], 4],
    ['there are more records than numbers', [...events(5), eventRecord(6), eventRecord(7)], 0],
  ])('%s: what came before it is stored, the rest is refused and settled', async (_what, records, stored) => {
    const b = await bench(undefined, undefined, { enough: everySecond() });
    await b.send(encode({ epoch: 'e1', from: 1, to: 6, base: 1, records }));
    const refused = [{ from: stored + 1, to: 6, reason: expect.stringContaining('records[') }];
    expect(b.acks).toEqual([{ epoch: 'e1', upTo: 6, ranges: [], refused }]);
    expect((await b.store.sequences.list('cam'))[0]).toMatchObject({ records: stored });
    expect(await b.store.quarantine.list(all)).toMatchObject([{ from: stored + 1, to: 6 }]);
  });

  test('refusals of all parts are in the one acknowledgement', async () => {
    const b = await bench(undefined, undefined, { enough: () => true });
    const answer = await b.batch([{ seq: 1, kind: 'poem' }, eventRecord(2), eventRecord(3, { score: 9 })]);
    expect(answer?.refused?.map(({ from, to }) => [from, to])).toEqual([
      [1, 1],
      [3, 3],
    ]);
    expect(b.acks).toHaveLength(1);
  });
});

describe('a batch that cannot be read', () => {
  const message = { epoch: 'e1', from: 1, to: 60, base: 1, records: events(60) };
  const text = Buffer.from(JSON.stringify(message));
  const packed = encode(message);
  const damaged = (payload: Buffer, at: number, byte: number) => {
    const copy = Buffer.from(payload);
    copy[at] = byte;
    return copy;
  };
  const large = Buffer.from(JSON.stringify({ ...message, records: [{ seq: 1, pad: 'x'.repeat(MAX_BATCH_BYTES) }] }));

  test.each<[string, Buffer]>([
    ['is cut off', text.subarray(0, -5)],
    ['is cut off, packed', packed.subarray(0, -20)],
    ['is damaged, packed', damaged(packed, packed.length - 200, (packed.at(-200) ?? 0) ^ 0xff)],
    ['has a wrong checksum', damaged(packed, packed.length - 6, (packed.at(-6) ?? 0) ^ 1)],
    ['is not UTF-8', damaged(text, text.length - 40, 0xff)],
    ['has a comma too much', Buffer.from(text.toString().replace(/\]\}$/, ',]}'))],
    ['ends too late', Buffer.concat([text, Buffer.from('}')])],
    ['unpacks to too much', gzipSync(large)],
    ['is larger than its bound', large],
    ['is larger than the channel takes', Buffer.concat([text, Buffer.alloc(4 * 1024 * 1024, 32)])],
    ['is cut off in its frame', Buffer.from('{"epoch":"e1","fro')],
    ['is damaged in its frame', damaged(packed, 12, 0)],
    ['is cut off in its frame, packed', packed.subarray(0, 12)],
    ['is nothing', Buffer.alloc(5_000_000)],
  ])('%s: it is kept and answered by the digest of what came; no number is settled', async (_what, payload) => {
    const b = await bench();
    for (let n = 0; n < 2; n++) await b.send(payload);
    const answer = { digest: digestOf(payload), reason: expect.stringMatching(/./) };
    expect(b.unread).toEqual([answer, answer]);
    expect(b.acks).toEqual([]);
    expect(await b.store.quarantine.list(all)).toMatchObject([{ bytes: payload.length }]);
    expect(await b.store.sequences.list('cam')).toEqual([]);
    // What was damaged on the way comes whole the next time, and is all taken.
    await b.send(packed);
    expect(b.acks).toEqual([{ epoch: 'e1', upTo: 60, ranges: [] }]);
    expect((await b.store.sequences.list('cam'))[0]).toMatchObject({ upTo: 60, records: 60, gaps: [] });
  });

  test('any bit of a packed batch that flips: nothing of it is believed, and the whole one is taken after it', async () => {
    const b = await bench();
    const small = (seq: number) => ({ epoch: 'e1', from: seq, to: seq, base: seq, records: [eventRecord(seq)] });
    let seq = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1_000_000 }), async (which) => {
        const whole = pack(JSON.stringify(small(++seq)));
        const bit = which % (whole.length * 8);
        const flipped = damaged(whole, bit >> 3, (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
        await b.send(flipped);
        const [unread] = b.unread.splice(0);
        // A flip in the parts of the header that nobody reads changes nothing of what is in it.
        const [taken] = b.acks.splice(0);
        if (unread) expect([unread.digest, taken]).toEqual([digestOf(flipped), undefined]);
        else expect(taken).toEqual({ epoch: 'e1', upTo: seq, ranges: [] });
        await b.send(whole);
        expect(b.acks.splice(0)).toEqual([{ epoch: 'e1', upTo: seq, ranges: [] }]);
        expect((await b.store.sequences.list('cam'))[0]).toMatchObject({ upTo: seq, records: seq, gaps: [] });
      }),
    );
  });
});
