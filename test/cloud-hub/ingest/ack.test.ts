/** What an acknowledgement names, and how many open holes a device may have. */
import { describe, expect, test } from 'vitest';
import { encodeAck } from '../../../cloud-hub/ingest/steps/ack.ts';
import { MAX_OPEN_RANGES } from '../../../cloud-hub/ingest/steps/dedupe.ts';
import { channels } from '../../../shared/contract/channels.ts';
import { decode, encode } from '../../../shared/contract/codec.ts';
import { ack, MAX_ACK_RANGES, MAX_BATCH_RECORDS, type Refusal } from '../../../shared/contract/messages/batch.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import type { Range } from '../../../shared/kit/ranges.ts';
import { eventRecord } from '../support.ts';
import { type Bench, bench } from './bench.ts';

/** Text that gzip makes hardly smaller. */
const someNoise = Array.from({ length: 4000 }, (_, n) =>
  Buffer.from(digestOf(`${n}`).slice('sha256:'.length), 'hex').toString('base64'),
).join('');
const noise = (length: number) => someNoise.slice(0, length);

describe('ranges', () => {
  const every = (count: number): Range[] =>
    Array.from({ length: count }, (_, i) => ({ from: 3 + 2 * i, to: 3 + 2 * i }));

  test.each([1, MAX_ACK_RANGES, MAX_ACK_RANGES + 1, MAX_ACK_RANGES + 20])(
    'of %i above the mark it names the highest 32, rising',
    async (count) => {
      const b = await bench();
      const ranges = every(count);
      await b.together(ranges.map(({ from }) => [eventRecord(from)]));
      expect(b.acks.at(-1)).toEqual({ epoch: 'e1', upTo: 0, ranges: ranges.slice(-32) });
      // And so again when the first holes are filled: the mark rises, the ranges stay the highest.
      await b.batch([eventRecord(1), eventRecord(2)]);
      expect(b.acks.at(-1)).toEqual({ epoch: 'e1', upTo: 3, ranges: ranges.slice(1).slice(-32) });
    },
  );

  test('an ack says what holds after its whole group', async () => {
    const b = await bench();
    const payload = (seq: number) => encode({ epoch: 'e1', from: seq, to: seq, base: 1, records: [eventRecord(seq)] });
    for (const seq of [3, 1, 2]) b.ingest.offer('cam', 'records', payload(seq));
    await b.ingest.drained();
    expect(b.acks).toEqual([3, 1, 2].map(() => ({ epoch: 'e1', upTo: 3, ranges: [] })));
    expect(await b.counted('acks')).toBe(3);
  });
});

describe('refusals', () => {
  const bad = (seq: number, kind = 'poem') => ({ seq, kind });

  test('neighbours with one complaint are one refusal; others stand apart', async () => {
    const b = await bench();
    const records = [
      bad(1),
      bad(2),
      bad(3),
      // Another complaint.
      { ...eventRecord(4), score: 7 },
      { ...eventRecord(5), score: 8 },
      bad(6),
      eventRecord(7),
      // The same complaint, but not next to it.
      bad(8),
      // A number is left out.
      bad(10),
    ];
    const refused = (await b.batch(records, { to: 10 }))?.refused ?? [];
    expect(refused.map(({ from, to }) => [from, to])).toEqual([
      [1, 3],
      [4, 4],
      [5, 5],
      [6, 6],
      [8, 8],
      [10, 10],
    ]);
    expect(refused[0]?.reason).toMatch(/^records\[0\]\.kind: /);
    expect(refused[1]?.reason).toMatch(/^records\[3\]\.score: .*found 7/);
  });

  test('an ack that settles what another batch of its group has refused says so: the device deletes what is not named', async () => {
    const b = await bench();
    const acks = await b.together([[eventRecord(1)], [bad(2), eventRecord(3)], [eventRecord(4)], [bad(5)]]);
    expect(acks.map(({ upTo, refused }) => [upTo, refused?.map(({ from, to }) => [from, to])])).toEqual(
      Array.from({ length: 4 }, () => [5, [[2, 2], [5, 5]]]), // biome-ignore format: pairs
    );
  });

  test('an ack names what is bad in its own batch, also when an earlier copy brought it', async () => {
    const b = await bench();
    await b.batch([bad(1), eventRecord(2)]);
    expect((await b.batch([eventRecord(3)]))?.refused).toBeUndefined();
    expect((await b.batch([bad(1), eventRecord(2), bad(4)]))?.refused?.map((r) => r.from)).toEqual([1, 4]);
    expect(await b.counted('refused')).toBe(2);
    expect(await b.counted('quarantined')).toBe(2);
  });

  test('an ack within the bound of its channel keeps its reasons; beyond it the quarantine has them', () => {
    const { maxBytes } = channels.ack;
    const about = { epoch: 'e1', upTo: 2000, at: 5 };
    const refusals = (text: string): Refusal[] => [
      { from: 1, to: 1, reason: 'first' },
      { from: 3, to: 4, reason: text },
    ];
    const size = (length: number) => encode({ ...about, refused: refusals(noise(length)) }).length;
    // The longest that fits, by halving; around it the size grows byte by byte, but not evenly.
    let [fits, over] = [0, 2 * maxBytes];
    while (over - fits > 1) {
      const middle = Math.floor((fits + over) / 2);
      if (size(middle) <= maxBytes) fits = middle;
      else over = middle;
    }
    const exact = Array.from({ length: 40 }, (_, i) => fits - 20 + i).find((length) => size(length) === maxBytes);
    for (const length of [fits, exact ?? fits]) {
      const payload = encodeAck(about, refusals(noise(length)));
      expect(payload.length).toBeLessThanOrEqual(maxBytes);
      expect(decode(payload, 1 << 20)).toEqual({ ...about, refused: refusals(noise(length)) });
    }
    const shortened = encodeAck(about, refusals(noise(over)));
    expect(shortened.length).toBeLessThanOrEqual(maxBytes);
    expect(decode(shortened, 1 << 20)).toEqual({
      ...about,
      refused: refusals('').map((r) => ({ ...r, reason: "see the hub's quarantine" })),
    });
    expect(decode(encodeAck(about, []), 1 << 20)).toEqual(about);
    const most = Array.from({ length: MAX_BATCH_RECORDS }, (_, i) => ({
      from: 2 * i + 1,
      to: 2 * i + 1,
      reason: noise(300),
    }));
    expect(ack.parse(decode(encodeAck(about, most), 1 << 20)).refused).toHaveLength(MAX_BATCH_RECORDS);
  });
});

describe('open holes', () => {
  /** A ledger with this many settled ranges above the mark 10: 100, 102, 104 … */
  async function holed(ranges: number): Promise<Bench> {
    const b = await bench();
    const above = Array.from({ length: ranges }, (_, i) => ({ from: 100 + 2 * i, to: 100 + 2 * i }));
    await b.store.transact(async (tx) =>
      tx.sequences.write('cam', 'e1', { upTo: 0, above: [] }, { upTo: 10, above }, ranges + 10, 0),
    );
    return b;
  }
  const one = (seq: number, base = 11) => [[eventRecord(seq)], { base }] as const;

  test('one hole more is taken up to the bound; at it nothing that makes another', async () => {
    const b = await holed(MAX_OPEN_RANGES - 1);
    expect(await b.batch(...one(9001))).toMatchObject({ upTo: 10 });
    expect(await b.batch(...one(9101))).toBeUndefined();
    // What was not taken is in no count and no list, and comes again later.
    expect(await b.counted('acks')).toBe(1);
    expect(await b.counted('records')).toBe(1);
    expect(await b.counted('duplicates')).toBe(0);
    expect((await b.store.devices.get('cam'))?.lastSeenAt).toBeDefined();
    expect((await b.batch([eventRecord(11), eventRecord(12)], { base: 11, to: 99 }))?.upTo).toBe(100);
    expect(await b.batch(...one(9101))).toMatchObject({ upTo: 100 });
    // In another epoch all is well.
    const b2 = await holed(MAX_OPEN_RANGES);
    expect(await b2.batch([eventRecord(1)], { epoch: 'e2' })).toMatchObject({ upTo: 1 });
  });

  test.each([
    ['begins right above the mark', 11, 11, true],
    ['begins below it', 10, 11, true],
    ['leaves a number out', 12, 11, false],
    ['says that a number will never come', 9001, 12, true],
    ['says so of numbers that are settled', 9001, 11, false],
  ])('at the bound, a batch that %s', async (_what, seq, base, isTaken) => {
    const b = await holed(MAX_OPEN_RANGES);
    const answer = await b.batch(...one(seq, base));
    expect(answer !== undefined).toBe(isTaken);
    expect(await b.counted('batches')).toBe(1);
  });
});
