import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDuplicates, differing, type Sample } from '../../../cloud-hub/dataset/duplicates.ts';
import { farHash } from './items.ts';

const person = (x: number) => ({ label: 'person', source: 'model' as const, box: [x, 0.2, 0.2, 0.4] as const });
const sample = (more: Partial<Sample> = {}): Sample => ({
  group: 'cam/door',
  hash: farHash(0),
  annotations: [{ ...person(0.1), box: [0.1, 0.2, 0.2, 0.4] }],
  ...more,
});
/** With this many bits of the first hash turned. */
const turned = (bits: number) => (2n ** BigInt(bits) - 1n).toString(16).padStart(64, '0');

test('what looks alike and shows the same at the same places is said once', () => {
  const seen = createDuplicates();
  expect(seen.isRepeated(sample())).toBe(false);
  expect(seen.isRepeated(sample())).toBe(true);
  expect(seen.isRepeated(sample({ hash: turned(24) }))).toBe(true);
  expect(
    seen.isRepeated(sample({ annotations: [{ label: 'person', source: 'operator', box: [0.11, 0.2, 0.2, 0.4] }] })),
  ).toBe(true);
});

test('another picture, stream, label, place or number of objects is something new', () => {
  const news: Partial<Sample>[] = [
    { hash: turned(25) },
    { group: 'cam/yard' },
    { annotations: [{ label: 'dog', source: 'model', box: [0.1, 0.2, 0.2, 0.4] }] },
    { annotations: [{ label: 'person', source: 'model', box: [0.2, 0.2, 0.2, 0.4] }] },
    { annotations: [] },
    { annotations: [...sample().annotations, ...sample().annotations] },
  ];
  for (const more of news) {
    const seen = createDuplicates();
    seen.isRepeated(sample());
    expect(seen.isRepeated(sample(more)), JSON.stringify(more)).toBe(false);
  }
});

test('it remembers the last 256 of a stream, and forgets older ones', () => {
  const seen = createDuplicates();
  const nth = (n: number) => sample({ annotations: [{ label: `l${n}`, source: 'model', box: [0, 0, 1, 1] }] });
  for (let n = 0; n < 257; n++) expect(seen.isRepeated(nth(n))).toBe(false);
  expect(seen.isRepeated(nth(1))).toBe(true);
  expect(seen.isRepeated(nth(0))).toBe(false);
  // And the streams used last.
  for (let n = 0; n < 256; n++) seen.isRepeated(sample({ group: `g${n}` }));
  expect(seen.isRepeated(nth(0))).toBe(false);
});

test('bits that differ are counted as they are', () => {
  const hash = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });
  fc.assert(
    fc.property(hash, hash, (a, b) => {
      const text = (value: bigint) => value.toString(16).padStart(64, '0');
      expect(differing(text(a), text(b))).toBe([...(a ^ b).toString(2)].filter((bit) => bit === '1').length);
    }),
  );
});
