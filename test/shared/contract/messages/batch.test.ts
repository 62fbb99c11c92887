import { describe, expect, test } from 'vitest';
import { ack, batch, MAX_BATCH_RECORDS } from '../../../../shared/contract/messages/batch.ts';

const good = {
  epoch: 'a1b2',
  from: 3,
  to: 9,
  base: 3,
  records: [
    { seq: 3, kind: 'event' },
    { seq: 7, novelty: true },
  ],
};

describe('batch', () => {
  test('holes in the range are allowed, an empty batch too, and unknown keys stay', () => {
    expect(batch.parse(good)).toEqual(good);
    expect(batch.parse({ ...good, records: [] }).records).toEqual([]);
  });

  test('a range of one number, its first and its last number, and `base` above `from` are good', () => {
    expect(batch.safeParse({ ...good, from: 4, to: 4, records: [{ seq: 4 }] }).success).toBe(true);
    expect(batch.safeParse({ ...good, records: [{ seq: 3 }, { seq: 4 }, { seq: 9 }] }).success).toBe(true);
    expect(batch.safeParse({ ...good, base: 8 }).success).toBe(true);
    const { base: _, ...without } = good;
    expect(batch.parse(without)).toEqual(without);
    const many = Array.from({ length: MAX_BATCH_RECORDS }, (_, i) => ({ seq: i + 1 }));
    expect(batch.safeParse({ epoch: 'e', from: 1, to: 2 ** 53 - 1, records: many }).success).toBe(true);
  });

  const fields = (change: Record<string, unknown>) =>
    batch.safeParse({ ...good, ...change }).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

  test('what is wrong is named', () => {
    const rises = ['records: `seq` must rise within `from`..`to`'];
    expect(fields({ from: 9, to: 3, records: [] })).toEqual(['to: must not be below `from`']);
    expect(fields({ records: [{ seq: 10 }] })).toEqual(rises);
    expect(fields({ records: [{ seq: 2 }] })).toEqual(rises);
    expect(fields({ records: [{ seq: 5 }, { seq: 5 }] })).toEqual(rises);
    expect(fields({ records: [{ seq: 6 }, { seq: 5 }] })).toEqual(rises);
    for (const record of [
      null,
      7,
      'x',
      undefined,
      {},
      { seq: 0 },
      { seq: -1 },
      { seq: '3' },
      { seq: 3.5 },
      { seq: 2 ** 53 },
      [],
    ])
      expect(fields({ records: [record] }), JSON.stringify(record)).toEqual([
        'records.0: must be an object with a number `seq` from 1',
      ]);
  });

  const bad: [string, Record<string, unknown>][] = [
    ['a range that ends before it begins', { from: 9, to: 3 }],
    ['a number outside of the range', { records: [{ seq: 10 }] }],
    ['a number before the range', { records: [{ seq: 2 }] }],
    ['numbers that do not rise', { records: [{ seq: 5 }, { seq: 5 }] }],
    ['a number that is no integer', { records: [{ seq: 3.5 }] }],
    ['a record without a number', { records: [{}] }],
    ['an epoch that could be a path', { epoch: '../x' }],
    ['number zero', { from: 0 }],
    [
      'too many records',
      { from: 1, to: 2000, records: Array.from({ length: MAX_BATCH_RECORDS + 1 }, (_, i) => ({ seq: i + 1 })) },
    ],
  ];
  test.each(bad)('%s is refused', (_what, change) => {
    expect(batch.safeParse({ ...good, ...change }).success).toBe(false);
  });
});

test('an acknowledgement may settle nothing yet, but not less', () => {
  expect(ack.safeParse({ epoch: 'e', upTo: 0 }).success).toBe(true);
  expect(ack.safeParse({ epoch: 'e', upTo: -1 }).success).toBe(false);
  expect(ack.safeParse({ epoch: 'e', upTo: 1, refused: [{ from: 1, to: 1 }] }).success).toBe(false);
});
