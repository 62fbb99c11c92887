import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FairQueue } from '../../../cloud-hub/ingest/queue.ts';

const limits = { laneSoft: 2, laneItems: 4, totalBytes: 100 };
const item = (key: string, n: number, bytes = 1) => ({ key, bytes, item: n });

describe('FairQueue', () => {
  test('serves lanes in turn, each in order', () => {
    const queue = new FairQueue<number>(limits);
    for (const n of [1, 2, 3]) queue.offer(item('a', n));
    queue.offer(item('b', 10));
    expect(queue.take(10, 1000).map((q) => q.item)).toEqual([1, 10, 2, 3]);
  });

  test('asks a fast sender to wait, and wakes it when there is room', async () => {
    const queue = new FairQueue<number>(limits);
    expect(queue.offer(item('a', 1))).toBe('accepted');
    const wait = queue.offer(item('a', 2));
    expect(wait).toBeInstanceOf(Promise);
    expect(queue.offer(item('b', 1))).toBe('accepted');
    queue.take(1, 1000);
    await wait;
  });

  test('drops what is over a bound, but never what must stay', () => {
    const queue = new FairQueue<number>(limits);
    for (const n of [1, 2, 3, 4]) queue.offer(item('a', n));
    expect(queue.offer(item('a', 5))).toBe('dropped');
    expect(queue.offer(item('b', 1, 200))).toBe('dropped');
    expect(queue.offer(item('a', 6), true)).not.toBe('dropped');
    expect(queue.take(10, 1000).map((q) => q.item)).toEqual([1, 2, 3, 4, 6]);
  });

  test('counts what it holds, and each lane keeps its order', () => {
    const offers = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(offers, (steps) => {
        const queue = new FairQueue<number>({ laneSoft: 3, laneItems: 5, totalBytes: 50 });
        const held: Record<string, number[]> = { a: [], b: [], c: [] };
        steps.forEach(([key, put], n) => {
          if (put) {
            if (queue.offer(item(key, n, 2)) !== 'dropped') held[key]?.push(n);
          } else {
            for (const q of queue.take(2, 1000)) expect(held[q.key]?.shift()).toBe(q.item);
          }
          const count = Object.values(held).flat().length;
          expect([queue.items, queue.bytes]).toEqual([count, count * 2]);
        });
      }),
    );
  });
});
