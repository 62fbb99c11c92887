/** The codec of chunks: whatever JSON goes in comes back, and whatever bytes are read end soon, in an answer or a ChunkError. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkError } from '../../../../cloud-hub/store/chunks/bytes.ts';
import { Chunk, type ChunkRecord, encodeChunk, MAX_CHUNK_RECORDS } from '../../../../cloud-hub/store/chunks/chunk.ts';
import { readingRecord, summaryRecord } from '../../support.ts';

const awkward = fc.constantFrom(
  ...[0, -0, 1, -1, 0.1, 0.3, 1e308, -1e308, 5e-324, 1e-9, 1e-10, 2 ** 50, 2 ** 53 - 1, -(2 ** 53), 1e21],
  ...[
    Math.fround(0.1),
    1_770_000_000_000,
    123.456,
    Number.MAX_VALUE,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ],
);
const number = fc.oneof(awkward, fc.double({ noNaN: true }), fc.integer(), fc.float({ noNaN: true }));
const key = fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('score', 'values', '__proto__', 'a"b\\', '\0', '1'));
const leaf = fc.oneof(
  number,
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ maxLength: 8 }),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree'), { maxLength: 4 }), tie('object')),
  object: fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
}));
const anyObject = fc.dictionary(key, tree, { maxKeys: 6 });

/** As a periodic record: one shape, numbers that move a little, sometimes a channel that is missing. */
const periodic = fc.record(
  { wall: number, mono: number, score: number, values: fc.dictionary(fc.constantFrom('x', 'y', 'z'), number) },
  { requiredKeys: ['wall', 'mono'] },
);

const about = fc.record({
  id: fc.nat(),
  // Clocks go back, and a number may come twice.
  seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  receivedAt: fc.integer({ min: 0, max: 253_402_300_799_999 }),
  backfill: fc.boolean(),
});
const records = fc.array(fc.tuple(about, fc.oneof(periodic, anyObject)), { minLength: 1, maxLength: 40 });

/** As it is after its way as JSON, but for what JSON.stringify would lose. */
const plain = (record: object): object => structuredClone(record);

function made(items: readonly (readonly [Omit<ChunkRecord, 'record'>, object])[]): ChunkRecord[] {
  return items.map(([one, record]) => ({ ...one, record: plain(record) }));
}

describe('round trip', () => {
  test('of any objects, with their keys in order', () => {
    fc.assert(
      fc.property(records, (items) => {
        const given = made(items);
        const chunk = new Chunk(encodeChunk(given));
        expect(chunk.length).toBe(given.length);
        given.forEach(({ id, seq, receivedAt, backfill, record }, at) => {
          expect([chunk.ids[at], chunk.seqs[at], chunk.receivedAt[at], chunk.isBackfill(at)]).toEqual([
            ...[id, seq, receivedAt, backfill],
          ]);
          const back = JSON.parse(chunk.json(at)) as object;
          expect(back).toStrictEqual(record);
          expect(Object.keys(back)).toEqual(Object.keys(record));
        });
      }),
    );
  });

  test('of one column at a time', () => {
    fc.assert(
      fc.property(records, (items) => {
        const given = made(items);
        const chunk = new Chunk(encodeChunk(given));
        for (const name of ['wall', 'score', 'values', 'mono']) {
          const there = given.map(({ record }) => (record as Record<string, unknown>)[name]);
          const single = there.map((value) => (typeof value === 'object' && value !== null ? undefined : value));
          expect(chunk.column(name)).toStrictEqual(single);
        }
      }),
    );
  });

  test('keeps a key that JavaScript has a meaning for', () => {
    const record = JSON.parse('{"__proto__":1,"constructor":{"__proto__":[2]}}') as object;
    const one = { id: 1, seq: 1, receivedAt: 1, backfill: false, record };
    expect(new Chunk(encodeChunk([one])).json(0)).toBe('{"__proto__":1,"constructor":{"__proto__":[2]}}');
  });
});

describe('any bytes', () => {
  const readAll = (bytes: Uint8Array) => {
    try {
      const chunk = new Chunk(bytes);
      for (let at = 0; at < Math.min(chunk.length, 20); at++) JSON.parse(chunk.json(at));
    } catch (error) {
      if (!(error instanceof ChunkError)) throw error;
    }
  };

  test('that were a chunk, and are damaged', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(records, damage, fc.nat(), fc.boolean(), (items, changes, end, isCut) => {
        const bytes = encodeChunk(made(items));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        readAll(isCut ? bytes.subarray(0, end % bytes.length) : bytes);
      }),
    );
  });

  test('that are nothing', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readAll(Uint8Array.from([1, ...bytes]))));
  });

  test('are refused when they are of a format that is not known, too many, or more than a chunk', () => {
    const one = { id: 1, seq: 1, receivedAt: 1, backfill: false, record: { a: 1 } };
    const bytes = encodeChunk([one]);
    expect(() => new Chunk(Buffer.from([2, ...bytes.subarray(1)]))).toThrow('its format is 2, and this hub reads 1');
    expect(() => new Chunk(Buffer.from([...bytes, 0]))).toThrow('something follows it');
    expect(() => new Chunk(encodeChunk(Array.from({ length: MAX_CHUNK_RECORDS + 1 }, () => one)))).toThrow(
      '513 records',
    );
    expect(() => new Chunk(new Uint8Array())).toThrow('ends too early');
  });
});

test('a reading takes at most 25 bytes, a summary too, in a chunk of 200', () => {
  const sizes = [readingRecord, summaryRecord].map((make) => {
    const given = Array.from({ length: 200 }, (_, i) => {
      const noise = ((i * 7919) % 1000) / 1000;
      const more = { mono: i * 1000 + noise, wall: 1_770_000_000_000 + i * 1000 + Math.round(noise * 20) };
      const values = { temperature: 20 + noise, x: Math.fround(noise), y: i };
      const record = make(i + 1, make === readingRecord ? { ...more, score: noise, values } : more);
      return { id: i, seq: i, receivedAt: 1_770_000_000_000 + i, backfill: false, record };
    });
    return encodeChunk(given).length / 200;
  });
  for (const size of sizes) expect(size).toBeLessThan(25);
});
