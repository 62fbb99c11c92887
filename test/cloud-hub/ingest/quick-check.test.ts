import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainlyValid } from '../../../cloud-hub/ingest/quick-check.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { eventRecord, jpeg, lossRecord, readingRecord, snapshotOf, summaryRecord } from '../support.ts';

const loss = lossRecord(1, { epoch: 'e', from: 1, to: 2, reason: 'full' });

const samples = [
  eventRecord(1),
  { ...eventRecord(1), track: 3, box: [0, 0, 1, 1], path: [[0.5, 0.5]], values: { a: 1 }, level: 'alarm', origin: [] },
  summaryRecord(1),
  readingRecord(1),
  { ...readingRecord(1), contributions: { a: 0.5, b: 0.5 }, expected: { a: [0, 1] }, label: 'x', anomalous: true },
  loss,
  { ...loss, kind: 'health' },
  { ...loss, kind: 'error', code: 'source-open', message: 'x', count: 2 },
].map((record) => JSON.parse(JSON.stringify(record)) as Record<string, unknown>);

/** What JSON can hold at a place, near the bounds of what records may have there. */
const anyValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    0,
    -0,
    1,
    -1,
    0.5,
    1.001,
    2 ** 53,
    -(2 ** 53),
    1e300,
    Number.POSITIVE_INFINITY,
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [0, 1],
    [0, 1, 2],
    [[0, 0]],
    [{ epoch: 'e', seq: 1 }],
    { a: 1 },
    { a: [0, 1] },
    { p50: 1 },
  ),
  fc.constantFrom(
    ...[31, 32, 33, 63, 64, 65, 127, 128, 129].flatMap((n) => ['a'.repeat(n), '😀'.repeat(n / 2), 'é'.repeat(n)]),
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('a\n', 'A', '-_09', 'synced', 'zone', 'start', 'reading', 'event'),
  fc
    .integer({ min: 60, max: 70 })
    .map((n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 0.001]))),
  fc.integer({ min: 998, max: 1002 }).map((n) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${i}`, 1]))),
  fc.integer({ min: 7, max: 11 }).map((n) => Array.from({ length: n }, () => 1)),
  fc.jsonValue({ maxDepth: 2 }),
);

type Path = readonly (string | number)[];

function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

/** A copy with another value at the path, or without what is there. */
function changed(value: unknown, [key, ...rest]: Path, other: unknown): unknown {
  if (key === undefined) return other;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  const inner = changed(copy[key], rest, other);
  if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}

const known = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];

const anyRecord = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.array(fc.tuple(fc.nat(), fc.oneof(anyValue, fc.constant(undefined)), fc.constantFrom(...known), fc.boolean()), {
      maxLength: 3,
    }),
  )
  .map(([sample, changes]) =>
    changes.reduce<unknown>((record, [pick, other, key, adds]) => {
      const paths = pathsOf(record).filter((path) => path.length > 0);
      const path = adds ? [key] : (paths[pick % Math.max(1, paths.length)] ?? [key]);
      return changed(record, path, other);
    }, sample),
  );

test('the compiled check and zod say the same of every record without a picture', () => {
  let valid = 0;
  fc.assert(
    fc.property(anyRecord, (record) => {
      const byZod = recordBody.safeParse(record).success;
      if (byZod) valid++;
      expect(isPlainlyValid(record as object)).toBe(byZod);
    }),
    { numRuns: 4000 },
  );
  expect(valid).toBeGreaterThan(400);
});

test.each(samples)('a record as agents send it is accepted: $kind', (record) => {
  expect(isPlainlyValid(record)).toBe(true);
});

test('a picture is left to zod, good or bad', () => {
  const record = { ...eventRecord(1), snapshot: snapshotOf(jpeg) };
  expect(recordBody.safeParse(record).success).toBe(true);
  expect(isPlainlyValid(record)).toBe(false);
});

test('what is no record is not accepted', () => {
  for (const input of [{}, [], { kind: 'other' }, { kind: null }, { kind: 'toString' }, { kind: '__proto__' }])
    expect(isPlainlyValid(input)).toBe(false);
});
