/** The frame of a batch, each of its fields at its bounds: taken, refused whole so that the device moves on, or unreadable. */

import { describe, expect, test } from 'vitest';
import { checkRecord } from '../../../cloud-hub/ingest/record.ts';
import { channels } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from '../../../shared/contract/messages/batch.ts';
import { MAX_REPORT_BYTES } from '../../../shared/contract/messages/report.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { eventRecord, lossRecord } from '../support.ts';
import { all, bench } from './bench.ts';

const LARGEST = Number.MAX_SAFE_INTEGER;
const frame = (more: Record<string, unknown> = {}) => ({
  epoch: 'e1',
  from: 1,
  to: 2,
  base: 1,
  records: [eventRecord(1), eventRecord(2)],
  ...more,
});
const events = (count: number) => Array.from({ length: count }, (_, i) => eventRecord(i + 1));

test.each<[string, Record<string, unknown>]>([
  ['the shortest epoch', { epoch: 'A' }],
  ['the longest epoch', { epoch: 'a-_9'.repeat(16) }],
  ['no base', { base: undefined }],
  ['a base above it', { base: 3 }],
  ['unknown keys', { novel: [1] }],
  ['as many records as there may be', { to: MAX_BATCH_RECORDS, records: events(MAX_BATCH_RECORDS) }],
])('%s: it is taken', async (_what, more) => {
  const b = await bench();
  const message = frame(more);
  await b.send(encode(message));
  expect(b.acks).toEqual([{ epoch: message.epoch, upTo: message.to, ranges: [] }]);
  expect(await b.store.sequences.list('cam')).toMatchObject([
    { epoch: message.epoch, records: message.records.length },
  ]);
  expect(await b.counted('quarantined')).toBe(0);
});

test.each<[string, Record<string, unknown>, string]>([
  ['too many records', { to: 1001, records: events(1001) }, 'records'],
  ['no records', { records: undefined }, 'records'],
  ['records that are no list', { records: {} }, 'records'],
  ['a record that is no object', { records: [eventRecord(1), 'x'] }, 'records[1]'],
  ['a record that is null', { records: [null] }, 'records[0]'],
  ['a record without a number', { records: [{ kind: 'event' }] }, 'records[0]'],
  ['a number of 0', { records: [eventRecord(0)] }, 'records[0]'],
  ['half a number', { records: [eventRecord(1.5)] }, 'records[0]'],
  ['a number as text', { records: [{ ...eventRecord(1), seq: '1' }] }, 'records[0]'],
  ['a number twice', { records: [eventRecord(1), eventRecord(1)] }, 'records'],
  ['numbers that fall', { records: [eventRecord(2), eventRecord(1)] }, 'records'],
  ['a number below it', { from: 2, base: undefined, records: [eventRecord(1)] }, 'records'],
  ['a number above it', { records: [eventRecord(3)] }, 'records'],
  ['a base of 0', { base: 0 }, 'base'],
  ['a base that is text', { base: '1' }, 'base'],
])('%s: it is refused whole, and its numbers are settled', async (_what, more, field) => {
  const b = await bench();
  const message = frame(more);
  await b.send(encode(message));
  const { from, to } = message;
  const reason = expect.stringContaining(field);
  expect(b.acks).toEqual([{ epoch: 'e1', upTo: to, ranges: [], refused: [{ from, to, reason }] }]);
  expect(await b.store.quarantine.list(all)).toMatchObject([
    { epoch: 'e1', from, to, reason: expect.stringMatching(/^up\/records: /) },
  ]);
  expect((await b.store.events.list(all)).items).toEqual([]);
  // And once more: held once, answered again.
  await b.send(encode(message));
  expect(b.acks[1]).toEqual(b.acks[0]);
  expect(await b.counted('quarantined')).toBe(1);
});

test.each<[string, unknown]>([
  ['an empty epoch', frame({ epoch: '' })],
  ['an epoch that is too long', frame({ epoch: 'a'.repeat(65) })],
  ['an epoch with other signs', frame({ epoch: 'a b' })],
  ['no epoch', frame({ epoch: undefined })],
  ['from 0', frame({ from: 0 })],
  ['no from', frame({ from: undefined })],
  ['a from that is text', frame({ from: '1' })],
  ['half a from', frame({ from: 0.5 })],
  ['to 0', frame({ to: 0 })],
  ['a to beyond what numbers hold', frame({ to: LARGEST + 1 })],
  ['a to below from', frame({ from: 3, records: [] })],
  ['a list', [frame()]],
  ['null', null],
])('%s: it is in the quarantine, answered by its digest, and the device is heard', async (_what, message) => {
  const b = await bench();
  const payload = encode(message);
  await b.send(payload);
  expect(b.acks).toEqual([]);
  expect(b.unread).toEqual([{ digest: digestOf(payload), reason: expect.stringMatching(/./) }]);
  const [held, ...more] = await b.store.quarantine.list(all);
  expect(more).toEqual([]);
  expect(held?.reason).toMatch(/^up\/records: /);
  expect([held?.epoch, held?.from, held?.to]).toEqual([undefined, undefined, undefined]);
  expect(await b.store.sequences.list('cam')).toEqual([]);
  expect((await b.store.devices.get('cam'))?.lastSeenAt).toBeDefined();
});

test('the largest numbers that there are', async () => {
  const b = await bench();
  await b.batch([eventRecord(LARGEST)], { base: 1 });
  expect(b.acks.at(-1)).toEqual({ epoch: 'e1', upTo: 0, ranges: [{ from: LARGEST, to: LARGEST }] });
  await b.batch([eventRecord(LARGEST)], { base: LARGEST });
  expect(b.acks.at(-1)).toEqual({ epoch: 'e1', upTo: LARGEST, ranges: [] });
  expect(await b.store.sequences.list('cam')).toEqual([
    { epoch: 'e1', upTo: LARGEST, records: 1, gaps: [{ from: 1, to: LARGEST - 1, reason: 'never received' }] },
  ]);
});

describe('a frame that no agent writes', () => {
  const text = (members: string) => Buffer.from(`{${members}}`);
  const record = JSON.stringify(eventRecord(1));
  const keys = (count: number) => Array.from({ length: count }, (_, i) => `"k${i}":0`).join();
  const numbers = '"epoch":"e1","from":1,"to":1';

  test.each([
    ['records first', `"records":[${record}],${numbers}`],
    ['blanks everywhere', ` "epoch" : "e1" , "from" : 1 , "to" : 1 ,\n"records"\t: [ ${record} ] `],
    ['a number twice: the last one counts', `"from":7,${numbers},"records":[${record}]`],
    ['as many keys as there may be', `${numbers},${keys(59)},"records":[${record}]`],
  ])('%s: it is taken', async (_what, members) => {
    const b = await bench();
    await b.send(text(members));
    expect(b.acks).toEqual([{ epoch: 'e1', upTo: 1, ranges: [] }]);
    expect(await b.counted('quarantined')).toBe(0);
  });

  test.each([
    ['two lists of records', `${numbers},"records":[${record}],"records":[]`, 'records: must be one list'],
    ['the second one with the records', `${numbers},"records":[],"records":[${record}]`, 'records: must be one list'],
    ['the second one no list', `${numbers},"records":[${record}],"records":0`, 'records: must be one list'],
    ['too many keys', `${numbers},${keys(60)},"records":[${record}]`, 'has 64 keys or more'],
    [
      'too much beside the records',
      `${numbers},"x":"${'y'.repeat(16_384)}","records":[${record}]`,
      'beside its records',
    ],
  ])('%s: it is refused whole, and its numbers are settled', async (_what, members, reason) => {
    const b = await bench();
    await b.send(text(members));
    const refused = [{ from: 1, to: 1, reason: expect.stringContaining(reason) }];
    expect(b.acks).toEqual([{ epoch: 'e1', upTo: 1, ranges: [], refused }]);
    expect((await b.store.events.list(all)).items).toEqual([]);
  });
});

describe('reasons', () => {
  test('of 300 characters are whole, longer ones are cut there', async () => {
    const b = await bench();
    const record = (padding: number, more: number) => ({
      ...eventRecord(1),
      score: 'x'.repeat(padding),
      action: 'y'.repeat(more + 33),
      ptsMs: 'z'.repeat(more),
    });
    const whole = (padding: number, more: number) =>
      String(checkRecord(Buffer.from(JSON.stringify(record(padding, more))), 'records[0]').outcome);
    const found = [0, 1, 2, 20, 21, 40].flatMap((more) =>
      Array.from({ length: 70 }, (_, padding) => ({ padding, more, reason: whole(padding, more) })),
    );
    for (const length of [299, 300, 301, 320]) {
      const one = found.find(({ reason }) => reason.length === length);
      expect(one, `a reason of ${length}: ${found.map((f) => f.reason.length)}`).toBeDefined();
      const { padding = 0, more = 0, reason = '' } = one ?? {};
      const sent = (await b.batch([record(padding, more)], { epoch: `e${length}` }))?.refused?.[0]?.reason;
      expect(sent).toBe(length <= 300 ? reason : `${reason.slice(0, 299)}…`);
    }
  });

  test('a loss is of its own epoch only, and one that ends before it begins names nothing', async () => {
    const b = await bench();
    await b.batch([eventRecord(1), eventRecord(9)]);
    const loss = { epoch: 'e1', from: 3, to: 4, reason: 'quota' };
    await b.batch([
      lossRecord(10, { ...loss, epoch: 'e2' }),
      lossRecord(11, { ...loss, from: 6, to: 5 }),
      lossRecord(12, { ...loss, from: 0, to: 8 }),
      lossRecord(13, { ...loss, from: 7, to: 7, reason: 'disk full' }),
      { ...eventRecord(14), epoch: 'e1', from: 2, to: 2, reason: 'no loss' },
    ]);
    const reason = 'given up by the device';
    expect((await b.store.sequences.list('cam'))[0]?.gaps).toEqual([
      { from: 2, to: 6, reason },
      { from: 7, to: 7, reason: 'disk full' },
      { from: 8, to: 8, reason },
    ]);
    // A number that a loss names, and that comes all the same, is no gap; another loss of it changes nothing.
    await b.batch([eventRecord(7)]);
    await b.batch([lossRecord(15, { ...loss, from: 6, to: 8, reason: 'damage' })]);
    expect((await b.store.sequences.list('cam'))[0]?.gaps).toEqual([
      { from: 2, to: 5, reason },
      { from: 6, to: 6, reason: 'damage' },
      { from: 8, to: 8, reason: 'damage' },
    ]);
  });
});

test('of two losses that speak of a number the later one names the reason, whichever ends further', async () => {
  for (const [first, second] of [
    [7, 6],
    [6, 7],
  ] as const) {
    const b = await bench();
    await b.batch([lossRecord(8, { epoch: 'e1', from: 2, to: first, reason: 'quota' })], { base: 1 });
    await b.batch([lossRecord(9, { epoch: 'e1', from: 3, to: second, reason: 'damage' })], { base: 1 });
    await b.batch([eventRecord(10)], { base: 8 });
    expect((await b.store.sequences.list('cam'))[0]?.gaps).toEqual([
      { from: 1, to: 1, reason: 'never received' },
      { from: 2, to: 2, reason: 'quota' },
      { from: 3, to: second, reason: 'damage' },
      ...(second === 6 ? [{ from: 7, to: 7, reason: 'quota' }] : []),
    ]);
  }
});

describe('sizes', () => {
  test('a message of exactly the bound of its channel is read, one byte more is not', async () => {
    const b = await bench();
    for (const channel of ['status', 'report'] as const) {
      const { maxBytes } = channels[channel];
      await b.send(Buffer.alloc(maxBytes, 32), channel);
      await b.send(Buffer.alloc(maxBytes + 1, 32), channel);
      const [over, exact] = await b.store.quarantine.list(all);
      // What a report may have unpacked is less than a message may have.
      const why = channel === 'report' ? `.*${MAX_REPORT_BYTES}` : 'JSON: ';
      expect(exact?.reason).toMatch(new RegExp(`^up/${channel}: ${why}`));
      expect(over).toMatchObject({
        reason: `up/${channel}: payload of ${maxBytes + 1} bytes exceeds the ${maxBytes} of up/${channel}`,
        bytes: maxBytes + 1,
      });
    }
  });

  test('unpacked, a batch may be as large as its bound; a larger one is not read, packed or not', async () => {
    const b = await bench();
    const sized = (bytes: number) => {
      const padded = (last: number) =>
        events(30).map((event, i) => ({ ...event, pad: 'a'.repeat(i < 29 ? 70_000 : last) }));
      const message = (last: number) => ({ epoch: 'e1', from: 1, to: 30, base: 1, records: padded(last) });
      return message(bytes - JSON.stringify(message(0)).length);
    };
    const packed = (bytes: number) => encode(sized(bytes));
    const plain = (bytes: number) => Buffer.from(JSON.stringify(sized(bytes)));
    for (const pack of [packed, plain]) {
      await b.send(pack(MAX_BATCH_BYTES + 1));
      expect(b.unread.pop()?.reason).toMatch(/2097152/);
    }
    expect(b.acks).toEqual([]);
    expect(await b.counted('records')).toBe(0);
    await b.send(packed(MAX_BATCH_BYTES));
    expect(b.acks.pop()).toEqual({ epoch: 'e1', upTo: 30, ranges: [] });
    expect((await b.store.sequences.list('cam'))[0]).toMatchObject({ upTo: 30, records: 30 });
  });

  test('beside its records a batch may have 16 KiB and fewer than 64 keys', async () => {
    const b = await bench();
    const beside = (message: Record<string, unknown>) =>
      Buffer.byteLength(JSON.stringify({ ...message, records: 0 })) - 1;
    const filled = (bytes: number) => frame({ filler: 'a'.repeat(bytes - beside(frame({ filler: '' }))) });
    const keyed = (count: number) =>
      frame(Object.fromEntries(Array.from({ length: count - 5 }, (_, i) => [`k${i}`, i])));
    const answers = async (message: Record<string, unknown>, epoch: string) => {
      await b.send(encode({ ...message, epoch }));
      return b.acks.pop()?.refused?.[0]?.reason;
    };
    expect(await answers(filled(16 * 1024), 'f1')).toBeUndefined();
    expect(await answers(filled(16 * 1024 + 1), 'f2')).toBe('has 16385 bytes beside its records, at most 16384');
    expect(await answers(keyed(63), 'k1')).toBeUndefined();
    expect(await answers(keyed(64), 'k2')).toBe('has 64 keys or more');
  });

  test('a picture is a JPEG by its first two bytes', async () => {
    const b = await bench();
    const snapshot = (...bytes: number[]) => ({
      mime: 'image/jpeg',
      width: 1,
      height: 1,
      data: Buffer.from(bytes).toString('base64'),
    });
    const records = [[0xff, 0xd8], [0xff, 0xd9], [0xfe, 0xd8], [0xff], [0xd8, 0xff]].map((bytes, i) =>
      eventRecord(i + 1, { snapshot: snapshot(...bytes) }),
    );
    const answer = await b.batch(records);
    expect(answer?.refused).toEqual([{ from: 2, to: 5, reason: 'records[1].snapshot.data: is not a JPEG picture' }]);
    // What is refused is held as it came.
    expect((await b.store.quarantine.list(all)).map((q) => q.bytes)).toEqual(
      records
        .slice(1)
        .toReversed()
        .map((record) => JSON.stringify(record).length),
    );
  });
});
