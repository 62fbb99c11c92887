/** How large one record may be: its JSON without the text of its picture. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_RECORD_BYTES, RECORD_SHAPE } from '../../../shared/contract/messages/record.ts';
import { eventRecord, jpeg, readingRecord, snapshotOf, summaryRecord } from '../support.ts';
import { all, bench } from './bench.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** The record with an unknown key that makes it so many bytes long. */
function sized(record: Record<string, unknown>, bytes: number, letter: string): Record<string, unknown> {
  const rest = bytes - bytesOf({ ...record, more: '' });
  const letters = letter.repeat(Math.floor(rest / Buffer.byteLength(letter)));
  return { ...record, more: letters + 'x'.repeat(rest - Buffer.byteLength(letters)) };
}

const picture = (bytes: number) => {
  const whole = Buffer.alloc(bytes, 7);
  jpeg.copy(whole);
  return snapshotOf(whole);
};

test('the largest records that an agent makes are stored', async () => {
  const b = await bench();
  const path = Array.from({ length: 256 }, (_, i) => [i / 257, 1 / (i + 3)]);
  const counts = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`a label of some length ${i}`, 1e9 + i]));
  const records = [
    eventRecord(1, { path, snapshot: picture(384 * 1024) }),
    summaryRecord(2, { labels: counts, tracks: counts }),
    readingRecord(3, { values: counts }),
  ];
  expect(await b.batch(records)).toEqual({ epoch: 'e1', upTo: 3, ranges: [] });
  expect((await b.store.events.list(all)).items[0]?.snapshot).toBeDefined();
  expect(await b.store.quarantine.list(all)).toEqual([]);
});

test('a record of the largest size is stored; one byte more is refused alone, acknowledged, and kept for who asks', async () => {
  const b = await bench();
  let seq = 0;
  let stored = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('event', 'pictured', 'summary', 'reading'),
      fc.integer({ min: -3, max: 3 }),
      fc.constantFrom('x', 'ä', '€', '😀'),
      async (kind, over, letter) => {
        const first = seq + 1;
        seq += 3;
        const builders = { event: eventRecord, pictured: eventRecord, summary: summaryRecord, reading: readingRecord };
        const { data, ...about } = picture(300 * 1024);
        const plain = builders[kind](first + 1, kind === 'pictured' ? { snapshot: about } : {});
        const filled = sized(plain, MAX_RECORD_BYTES + over, letter);
        const record = kind === 'pictured' ? { ...filled, snapshot: { ...about, data } } : filled;
        const answer = await b.batch([eventRecord(first), record, eventRecord(first + 2)]);
        stored += over > 0 ? 2 : 3;
        expect(answer?.upTo).toBe(seq);
        const reason = `records[1]: has ${MAX_RECORD_BYTES + over} bytes of JSON, a record at most ${MAX_RECORD_BYTES}`;
        expect(answer?.refused).toEqual(over > 0 ? [{ from: first + 1, to: first + 1, reason }] : undefined);
        const [held] = await b.store.quarantine.list({ limit: 1 });
        if (over > 0) expect(held).toMatchObject({ from: first + 1, bytes: bytesOf(record), reason });
        expect(await b.counted('records')).toBe(stored);
      },
    ),
    { numRuns: 60 },
  );
});

test("only the text of an event's picture stands apart", async () => {
  const b = await bench();
  const large = 'x'.repeat(MAX_RECORD_BYTES);
  const records = [
    summaryRecord(1, { snapshot: { data: large } }),
    eventRecord(2, { snapshot: { ...picture(100), data: [large] } }),
    eventRecord(3, { snapshot: { ...picture(100), more: large } }),
    { seq: 4, kind: 'poem', text: large },
  ];
  const { refused, upTo } = (await b.batch(records)) ?? {};
  expect(upTo).toBe(4);
  expect(refused?.map(({ reason }) => reason)).toEqual(
    [0, 1, 2, 3].map((i) => expect.stringMatching(new RegExp(`^records\\[${i}\\]: has 13\\d{4} bytes of JSON`))),
  );
});

test('a record may have some 10,000 values and 64 levels; one with more is refused alone, before it is parsed', async () => {
  const b = await bench();
  /** So many values in all, the record and its list included; they are counted by commas and brackets, so not quite exactly. */
  const wide = (seq: number, values: number) => {
    const there = valuesIn({ ...eventRecord(seq), more: [] });
    return { ...eventRecord(seq), more: Array.from({ length: values - there }, () => 0) };
  };
  // The record is the first level.
  const deep = (seq: number, levels: number) => ({
    ...eventRecord(seq),
    more: JSON.parse(`${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`),
  });
  const { maxDepth, maxValues } = RECORD_SHAPE;
  const answer = await b.batch([
    wide(1, maxValues - 10),
    wide(2, maxValues + 10),
    deep(3, maxDepth),
    deep(4, maxDepth + 1),
    eventRecord(5),
  ]);
  expect(answer?.upTo).toBe(5);
  expect(answer?.refused).toEqual([
    { from: 2, to: 2, reason: expect.stringMatching(/^records\[1\]: .*10000/) },
    { from: 4, to: 4, reason: expect.stringMatching(/^records\[3\]: .*64/) },
  ]);
});

/** Values of all kinds in a value, itself included. */
function valuesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum: number, one) => sum + valuesIn(one), 1);
}
