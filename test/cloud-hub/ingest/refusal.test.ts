import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAck } from '../../../cloud-hub/ingest/steps/ack.ts';
import { channels } from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { ack } from '../../../shared/contract/messages/batch.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord } from '../support.ts';
import { all, bench } from './bench.ts';

describe('bad input', () => {
  test('a bad record costs only itself', async () => {
    const b = await bench();
    const answer = await b.batch([
      eventRecord(1),
      eventRecord(2, { score: 7 }),
      { seq: 3, kind: 'poem' },
      eventRecord(4),
    ]);
    expect(answer?.upTo).toBe(4);
    expect(answer?.refused?.map((r) => [r.from, r.to])).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(answer?.refused?.[0]?.reason).toMatch(/records\[1\]\.score/);
    expect((await b.store.events.list(all)).items).toHaveLength(2);
    const held = await b.store.quarantine.list(all);
    expect(held.map((q) => [q.epoch, q.from, q.to])).toEqual([
      ['e1', 3, 3],
      ['e1', 2, 2],
    ]);
    expect((await b.store.sequences.list('cam'))[0]?.gaps).toEqual([]);
  });

  test('a batch sent again is refused again, and held in quarantine once', async () => {
    const b = await bench();
    const bad = [eventRecord(1, { score: 'high' })];
    const first = await b.batch(bad);
    expect(await b.batch(bad)).toEqual(first);
    expect(await b.store.quarantine.list(all)).toHaveLength(1);
  });

  test('a bad frame with a readable range is refused whole, and the device moves on', async () => {
    const b = await bench();
    await b.send(encode({ epoch: 'e1', from: 1, to: 5, records: 'none' }));
    expect(b.acks).toEqual([
      { epoch: 'e1', upTo: 5, ranges: [], refused: [{ from: 1, to: 5, reason: expect.stringContaining('records') }] },
    ]);
    expect(await b.store.quarantine.list(all)).toMatchObject([{ epoch: 'e1', from: 1, to: 5 }]);
    expect((await b.batch([eventRecord(6)]))?.upTo).toBe(6);
  });

  test('what cannot be read at all is held once, however often it comes', async () => {
    const b = await bench();
    for (const payload of [
      Buffer.from('{'),
      Buffer.from([0x1f, 0x8b, 1, 2]),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('null'),
    ]) {
      await b.send(payload);
      await b.send(payload);
    }
    expect(b.acks).toEqual([]);
    expect(b.unread.map(({ digest }) => digest)).toHaveLength(8);
    expect(new Set(b.unread.map(({ digest }) => digest)).size).toBe(4);
    const held = await b.store.quarantine.list(all);
    expect(held).toHaveLength(4);
    expect(held.every((q) => q.reason.startsWith('up/records: '))).toBe(true);
  });

  test('any JSON at all neither throws nor stops the next batch', async () => {
    const b = await bench();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), (value) => b.send(encode(value))),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 4 }), (values) =>
        b.send(
          encode({
            epoch: 'junk',
            from: 1,
            to: 9,
            records: values.map((v, i) => ({ ...(typeof v === 'object' ? v : { v }), seq: i + 1 })),
          }),
        ),
      ),
      { numRuns: 60 },
    );
    expect((await b.batch([eventRecord(1)]))?.upTo).toBe(1);
  });

  test('nesting, NUL, lone surrogates, huge numbers and prototype keys are harmless', async () => {
    const b = await bench();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const line = (seq: number, extra: string) => `${JSON.stringify(eventRecord(seq)).slice(0, -1)},${extra}}`;
    const records = [
      line(1, `"extra":${deep}`),
      line(2, '"label":"a\\u0000b\\ud800"'),
      line(3, '"extra":1e999,"ptsMs":1e300,"wall":1e300'),
      line(4, '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}'),
    ];
    await b.send(Buffer.from(`{"epoch":"e1","from":1,"to":4,"base":1,"records":[${records.join(',')}]}`));
    expect(b.acks[0]?.upTo).toBe(4);
    expect(b.acks[0]?.refused?.map((r) => r.from)).toEqual([1]);
    const events = (await b.store.events.list(all)).items;
    expect(events).toHaveLength(3);
    expect(events.find((e) => e.ptsMs === 1e300)?.at).toBe('9999-12-31T23:59:59.999Z');
    expect(events.find((e) => e.ptsMs === 80)?.label).toBe('a\u0000b\ud800');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('a message over the bound of its channel is refused', async () => {
    const b = await bench();
    await b.send(Buffer.alloc(channels.status.maxBytes + 1, 32), 'status');
    expect((await b.store.quarantine.list(all))[0]?.reason).toMatch(/up\/status: payload of 16385 bytes exceeds/);
  });

  test('a decompression bomb is refused', async () => {
    const b = await bench();
    await b.send(encode({ epoch: 'e1', from: 1, to: 1, records: [], filler: 'a'.repeat(20 * 1024 * 1024) }));
    expect((await b.store.quarantine.list(all))[0]?.reason).toMatch(/gzip/);
  });

  test('an ack with many refusals stays within its channel', () => {
    const refused = Array.from({ length: 1000 }, (_, i) => ({
      from: 2 * i + 1,
      to: 2 * i + 1,
      reason: [1, 2, 3, 4].map((k) => digestOf(`${i}.${k}`)).join(''),
    }));
    const payload = encodeAck({ epoch: 'e1', upTo: 2000 }, refused);
    expect(payload.length).toBeLessThanOrEqual(channels.ack.maxBytes);
    expect(ack.parse(decode(payload, 1 << 20)).refused).toHaveLength(1000);
  });
});

describe('failures of the store', () => {
  test('a full disk: nothing is acknowledged, nothing is lost, the next try works', async () => {
    let full = true;
    const b = await bench(tempFolder(), (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const result = await work(tx);
          if (full) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
          return result;
        }),
    }));
    expect(await b.batch([eventRecord(1)])).toBeUndefined();
    expect((await b.store.events.list(all)).items).toEqual([]);
    full = false;
    expect((await b.batch([eventRecord(1)]))?.upTo).toBe(1);
    expect((await b.store.events.list(all)).items).toHaveLength(1);
  });

  test('a message that cannot be stored goes into quarantine alone', async () => {
    const b = await bench(tempFolder(), (store) => ({
      ...store,
      transact: (work) =>
        store.transact(async (tx) => {
          const add: typeof tx.records.add = async (items) => {
            if (items.some(({ seq }) => seq === 13)) throw new TypeError(`defect ${'x'.repeat(2000)}`);
            return tx.records.add(items);
          };
          return work({ ...tx, records: { add } });
        }),
    }));
    expect((await b.batch([eventRecord(13)], { base: 13 }))?.refused).toMatchObject([{ from: 13, to: 13 }]);
    expect((await b.batch([eventRecord(14)], { base: 14 }))?.upTo).toBe(14);
    expect((await b.store.quarantine.list(all))[0]?.reason).toMatch(/cannot be stored: defect/);
  });
});
