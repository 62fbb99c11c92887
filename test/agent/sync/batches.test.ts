import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BatchInput, makeBatch } from '../../../agent/sync/batches.ts';
import { channels } from '../../../shared/contract/channels.ts';
import { decode } from '../../../shared/contract/codec.ts';
import { batch, MAX_EARLIER, MAX_STARTS } from '../../../shared/contract/messages/batch.ts';

const { maxBytes } = channels.records;
const leasedOf = (texts: readonly string[], first = 1) =>
  texts.map((json, i) => ({ seq: first + i, bytes: Buffer.byteLength(json), json, isJson: false }));
const make = (texts: readonly string[], more: Partial<BatchInput> = {}) => {
  const made = makeBatch({ epoch: 'e', base: 1, from: 1, leased: leasedOf(texts), ...more });
  if (!made) throw new Error('no batch was made');
  return { ...made, content: batch.parse(decode(made.payload, maxBytes)) };
};

describe('a batch', () => {
  test('holds what was leased, each with its number, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 2 ** 50 }),
        fc.nat(5),
        (records, first, before) => {
          const from = Math.max(1, first - before);
          const leased = leasedOf(
            records.map((record) => JSON.stringify(record)),
            first,
          );
          const { content, ...made } = make([], { leased, from, base: from });
          const to = first + records.length - 1;
          expect(made).toMatchObject({ from, to, records: records.length, unsendable: [] });
          const expected = records.map((record, i) => ({ ...JSON.parse(JSON.stringify(record)), seq: first + i }));
          expect(content).toEqual({ epoch: 'e', from, to, base: from, records: expected });
        },
      ),
    );
  });

  test('is none when nothing was leased; of nothing but what cannot be sent it covers the numbers', () => {
    expect(makeBatch({ epoch: 'e', base: 1, from: 1, leased: [] })).toBeUndefined();
    const { content, ...made } = make(['[1]', 'null'], { from: 3, base: 2, leased: leasedOf(['[1]', 'null'], 5) });
    expect(content).toEqual({ epoch: 'e', from: 3, to: 6, base: 2, records: [] });
    expect(made).toMatchObject({ from: 3, to: 6, records: 0 });
    expect(made.unsendable.map(({ seq }) => seq)).toEqual([5, 6]);
  });

  test.each([
    ['cut off', '{"mark":1'],
    ['an array', '[1,2]'],
    ['a number', '7'],
    ['a text', '"x"'],
    ['nothing', ''],
    ['two objects', '{"a":1},{"b":2}'],
    ['behind a space', ' {"a":1}'],
    ['before a space', '{"a":1} '],
    ['one that closes the batch', '{"a":1}]}'],
  ])('a record that is %s is named, and the others go', (_what, broken) => {
    const { content, unsendable } = make(['{"mark":0}', broken, '{}', '{"mark":3,"seq":99}']);
    expect(content.records).toEqual([{ mark: 0, seq: 1 }, { seq: 3 }, { mark: 3, seq: 4 }]);
    expect(unsendable).toMatchObject([{ seq: 2 }]);
    expect(unsendable[0]?.reason).toMatch(/^it is not a JSON object any more/);
    expect(unsendable[0]?.reason.length).toBeLessThanOrEqual(512);
  });

  test('a record as large as is allowed is sent, one byte more is named, beside a broken one too', () => {
    const sized = (bytes: number) => `{"x":"${'y'.repeat(bytes - 8)}"}`;
    const two = make([sized(1000), sized(1001)], { maxRecordBytes: 1000 });
    expect(two.content.records.map((r) => r.seq)).toEqual([1]);
    const reason = '1001 bytes are more than the 1000 that a batch can hold';
    expect(two.unsendable).toEqual([{ seq: 2, reason }]);
    const three = make([sized(1001), '{', sized(1000)], { maxRecordBytes: 1000 });
    expect(three.content.records.map((r) => r.seq)).toEqual([3]);
    expect(three.unsendable).toMatchObject([{ seq: 1, reason }, { seq: 2 }]);
  });

  test('the largest record that is sent by default fits into a message, with the longest frame', () => {
    const bytes = maxBytes - 8 * 1024;
    const leased = (json: string) => [
      { seq: Number.MAX_SAFE_INTEGER, bytes: Buffer.byteLength(json), json, isJson: true },
    ];
    const starts = Array.from({ length: MAX_STARTS }, () => ({ id: 's'.repeat(64), from: 2 ** 52 }));
    const earlier = Array.from({ length: MAX_EARLIER }, () => ({ epoch: 'e'.repeat(64), below: 2 ** 52 }));
    const long = { epoch: 'e'.repeat(64), from: 2 ** 52, base: 2 ** 52, starts, earlier };
    const whole = make([], { ...long, leased: leased(`{"x":"${'y'.repeat(bytes - 8)}"}`) });
    expect(whole.records).toBe(1);
    expect(Buffer.byteLength(JSON.stringify(whole.content))).toBeLessThanOrEqual(maxBytes);
    const more = make([], { ...long, leased: leased(`{"x":"${'y'.repeat(bytes - 7)}"}`) });
    expect(more).toMatchObject({ records: 0, unsendable: [{ seq: Number.MAX_SAFE_INTEGER }] });
  });

  test('is packed when that makes it smaller', () => {
    const { payload, content } = make(Array.from({ length: 100 }, (_, mark) => JSON.stringify({ mark, pad: 'x' })));
    expect([payload[0], payload[1]]).toEqual([0x1f, 0x8b]);
    expect(payload.length).toBeLessThan(JSON.stringify(content).length / 3);
  });
});
