import { expect, test } from 'vitest';
import { earlierNamesOf, newStart, withEpoch, withStart } from '../../../../agent/buffer/file/starts.ts';
import { MAX_EARLIER, MAX_STARTS } from '../../../../shared/contract/messages/batch.ts';

const at = (id: string, from: number) => ({ id, from });

test('starts are kept as long as something of theirs is held', () => {
  const starts = [at('a', 1), at('b', 11), at('c', 21)];
  expect(withStart(starts, at('d', 31), 1)).toEqual([...starts, at('d', 31)]);
  expect(withStart(starts, at('d', 31), 10).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  expect(withStart(starts, at('d', 31), 11).map(({ id }) => id)).toEqual(['b', 'c', 'd']);
  expect(withStart(starts, at('d', 31), 31).map(({ id }) => id)).toEqual(['d']);
  expect(withStart([], at('a', 1), 1)).toEqual([at('a', 1)]);
  expect(newStart(5)).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}$/), from: 5 });
  expect(newStart(5).id).not.toBe(newStart(5).id);
});

test('of too many starts the oldest stays, and the numbers of the second oldest go to the one after it', () => {
  let starts = [at('s0', 1)];
  for (let n = 1; n < MAX_STARTS; n++) starts = withStart(starts, at(`s${n}`, n * 10), 1);
  expect(starts).toHaveLength(MAX_STARTS);
  const more = withStart(starts, at('new', 9000), 1);
  expect(more).toHaveLength(MAX_STARTS);
  expect(more.slice(0, 3)).toEqual([at('s0', 1), at('s2', 10), at('s3', 30)]);
  expect(more.at(-1)).toEqual(at('new', 9000));
});

test('earlier epochs name the numbers below their bound', () => {
  const earlier = withEpoch(withEpoch([], { epoch: 'e1', below: 5 }), { epoch: 'e2', below: 9 });
  expect(earlierNamesOf(earlier, 4)).toEqual([
    { epoch: 'e1', seq: 4 },
    { epoch: 'e2', seq: 4 },
  ]);
  expect(earlierNamesOf(earlier, 5)).toEqual([{ epoch: 'e2', seq: 5 }]);
  expect(earlierNamesOf(earlier, 9)).toEqual([]);
  expect(withEpoch([], { epoch: 'e0', below: 1 })).toEqual([]);
  const many = Array.from({ length: MAX_EARLIER }, (_, i) => ({ epoch: `e${i}`, below: 9 }));
  expect(withEpoch(many, { epoch: 'last', below: 9 })).toEqual([...many.slice(1), { epoch: 'last', below: 9 }]);
});
