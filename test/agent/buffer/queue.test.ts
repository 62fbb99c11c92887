import { expect, test } from 'vitest';
import { entryOfText, isKind } from '../../../agent/buffer/file/entry.ts';
import { KEPT_RANK, type Rank, shed } from '../../../agent/buffer/file/rank.ts';
import { Queue } from '../../../agent/buffer/queue.ts';
import { recordKinds } from '../../../shared/contract/messages/record.ts';

const entry = (bytes: number, rank: Rank = 2, json = `${bytes}`) => ({ rank, bytes, json });
const texts = (entries: readonly { readonly json: string }[]) => entries.map(({ json }) => json);

test('the head is as much as fits, and never less than one record', () => {
  const queue = new Queue(100, 1000);
  expect(queue.head(10, 100)).toEqual([]);
  void queue.add([entry(50, 0, 'a'), entry(50, 3, 'b'), entry(1, 1, 'c')]);
  expect([queue.records, queue.bytes]).toEqual([3, 101]);
  expect(texts(queue.head(10, 100))).toEqual(['a', 'b']);
  expect(texts(queue.head(10, 101))).toEqual(['a', 'b', 'c']);
  expect(texts(queue.head(10, 99))).toEqual(['a']);
  expect(texts(queue.head(10, 10))).toEqual(['a']);
  expect(texts(queue.head(1, 1000))).toEqual(['a']);
  expect(texts(queue.head(2, 1000))).toEqual(['a', 'b']);
  expect(queue.records).toBe(3);
});

test('a call learns its fate when the last of its records has one', async () => {
  const queue = new Queue(100, 1000);
  const fates: string[] = [];
  const add = (name: string, ...entries: ReturnType<typeof entry>[]) =>
    void queue.add(entries).then((fate) => fates.push(`${name} ${fate}`));
  const settled = () => new Promise(setImmediate);
  add('first', entry(1), entry(2));
  add('second', entry(3));
  queue.committed(1);
  await settled();
  expect(fates).toEqual([]);
  expect([queue.records, queue.bytes]).toEqual([2, 5]);
  queue.committed(2);
  await settled();
  expect(fates).toEqual(['first committed', 'second committed']);
  expect([queue.records, queue.bytes]).toEqual([0, 0]);
  // One lost record is enough.
  add('third', entry(4), entry(5));
  queue.committed(1);
  expect(queue.clear()).toBe(1);
  await settled();
  expect(fates.slice(2)).toEqual(['third given-up']);
  expect([queue.records, queue.bytes, queue.clear()]).toEqual([0, 0, 0]);
});

test('only what is beyond a bound is trimmed, and then a good part', async () => {
  const queue = new Queue(8, 80);
  void queue.add(Array.from({ length: 8 }, () => entry(10)));
  expect(queue.trim()).toBe(0);
  const late = queue.add([entry(1, 0, 'late'), entry(0, 3, 'kept')]);
  // 10 records are two too many; 7 stay.
  expect(queue.trim()).toBe(3);
  expect(await Promise.race([late, 'open'])).toBe('open');
  expect([queue.records, queue.bytes]).toEqual([7, 60]);
  expect(texts(queue.head(10, 1000))).toEqual(['10', '10', '10', '10', '10', '10', 'kept']);
  void queue.add([entry(20, 2, 'x')]);
  expect(queue.trim()).toBe(0);
  void queue.add([entry(1, 3, 'y')]);
  expect(queue.trim()).toBeGreaterThan(0);
  expect(queue.bytes).toBeLessThanOrEqual(70);
  expect(queue.records).toBeLessThanOrEqual(7);
  queue.committed(queue.records);
  expect(await late).toBe('given-up');
});

test('every kind has its rank: what repeats goes first, losses never', () => {
  const ranks = { summary: 0, health: 0, reading: 0, error: 1, event: 2, verdict: 2, loss: KEPT_RANK };
  expect(Object.fromEntries(recordKinds.map((kind) => [kind, entryOfText(kind, '').rank]))).toEqual(ranks);
  expect(recordKinds.every(isKind)).toBe(true);
  expect(['toString', '', 'Event', 7, null, undefined, {}].some(isKind)).toBe(false);
});

test('within its bounds nothing is shed; in the end even what is never given up in the file', () => {
  const items = [entry(10, 3), entry(10, 0), entry(10, 2), entry(10, 0)];
  expect(shed(items, 4, 40)).toEqual({ kept: items, evicted: [] });
  expect(shed(items, 3, 40).evicted).toEqual([items[1]]);
  expect(shed(items, 4, 39).evicted).toEqual([items[1]]);
  expect(shed(items, 4, 19).evicted).toEqual([items[1], items[2], items[3]]);
  expect(shed(items, 0, 40).kept).toEqual([]);
  expect(shed([], 0, 0)).toEqual({ kept: [], evicted: [] });
});
