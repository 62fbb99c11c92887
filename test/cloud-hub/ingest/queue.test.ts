import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultQueueLimits,
  FADE_MS,
  FairQueue,
  LITTLE_MS,
  type QueueLimits,
} from '../../../cloud-hub/ingest/queue.ts';

const limits: QueueLimits = {
  ...{
    laneSoft: 2,
    laneSoftBytes: 1000,
    laneItems: 4,
    laneBytes: 1000,
    totalBytes: 100,
    totalSoft: 50,
    totalSoftBytes: 100,
  },
  ...{ maxOpen: 2, smallBytes: 10 },
};
const item = (key: string, n: number, bytes = 1, size = bytes) => ({ key, bytes, size, item: n });

/** All that the queue gives now, at most `most`. */
function taken(queue: FairQueue<number>, most = 1000, now = 0): number[] {
  const items: number[] = [];
  while (items.length < most) {
    const next = queue.next(now);
    if (!next) break;
    items.push(next.item);
  }
  return items;
}

describe('FairQueue', () => {
  test('serves lanes in turn, each in order', () => {
    const queue = new FairQueue<number>(limits);
    for (const n of [1, 2, 3]) queue.offer(item('a', n), 0);
    queue.offer(item('b', 10), 0);
    expect(taken(queue)).toEqual([1, 10, 2, 3]);
  });

  test('asks a fast sender to wait, and wakes it when there is room', async () => {
    const queue = new FairQueue<number>(limits);
    expect(queue.offer(item('a', 1), 0)).toBe('accepted');
    const wait = queue.offer(item('a', 2), 0);
    expect(wait).toBeInstanceOf(Promise);
    expect(queue.offer(item('b', 1), 0)).toBe('accepted');
    queue.next(0);
    await wait;
  });

  test('an item that is put back is the next of its lane and is served once, whatever row the lane stood in', () => {
    const queue = new FairQueue<number>(limits);
    for (const n of [1, 2]) queue.offer(item('a', n), 0);
    const begun = queue.next(0);
    if (begun) queue.putBack(begun);
    expect([queue.items, queue.busy]).toEqual([2, true]);
    // Who has begun does not go first any more.
    queue.offer(item('c', 9), 0);
    expect(taken(queue)).toEqual([9, 1, 2]);
    expect([queue.items, queue.bytes, queue.busy]).toEqual([0, 0, false]);
    // The lane goes first again: it is not among those that have begun.
    queue.offer(item('b', 10, 20), 0);
    queue.offer(item('a', 3), 0);
    expect(taken(queue)).toEqual([3, 10]);
  });

  test('all that wait for room in the whole queue are woken', async () => {
    const queue = new FairQueue<number>({ ...limits, totalSoft: 2 });
    for (const key of ['a', 'b']) queue.offer(item(key, 1), 0);
    const waits = Promise.all([queue.room(), queue.room(), queue.room()]);
    queue.next(0);
    await waits;
  });

  test('drops what is over a bound, but never what must stay', () => {
    const queue = new FairQueue<number>(limits);
    for (const n of [1, 2, 3, 4]) queue.offer(item('a', n), 0);
    expect(queue.offer(item('a', 5), 0)).toBe('dropped');
    expect(queue.offer(item('b', 1, 200), 0)).toBe('dropped');
    expect(queue.offer(item('a', 6), 0, true)).not.toBe('dropped');
    expect(taken(queue)).toEqual([1, 2, 3, 4, 6]);
  });

  test('whatever comes, is put back and is charged: it counts what it holds, and each lane keeps its order', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      act: fc.constantFrom('offer', 'take', 'begin'),
      size: fc.constantFrom(1, 50),
      ms: fc.constantFrom(0, 5, 100),
      pass: fc.constantFrom(0, 1, 1000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = new FairQueue<number>({ ...limits, laneItems: 5, totalBytes: 50 });
        const held: Record<string, number[]> = { a: [], b: [], c: [], d: [] };
        let now = 0;
        steps.forEach(({ key, act, size, ms, pass }, n) => {
          now += pass;
          if (act === 'offer') {
            if (queue.offer(item(key, n, 2, size), now) !== 'dropped') held[key]?.push(n);
          } else {
            const next = queue.next(now);
            expect(next === undefined).toBe(Object.values(held).flat().length === 0);
            if (!next) return;
            expect(held[next.key]?.[0]).toBe(next.item);
            if (act === 'begin') queue.putBack(next);
            else held[next.key]?.shift();
            queue.charge(next.key, ms, now);
          }
          const count = Object.values(held).flat().length;
          expect([queue.items, queue.bytes]).toEqual([count, count * 2]);
        });
        // And nothing stays behind.
        expect(taken(queue, 1000, now).toSorted((a, b) => a - b)).toEqual(
          Object.values(held)
            .flat()
            .toSorted((a, b) => a - b),
        );
      }),
    );
  });
});

test.each([
  ['items', 3, 1000],
  ['bytes', 1000, 30],
])(
  'whoever reads for all waits while all lanes together hold too many %s',
  async (_what, totalSoft, totalSoftBytes) => {
    const queue = new FairQueue<number>({ ...limits, totalSoft, totalSoftBytes });
    let isThere = false;
    const ask = () => {
      isThere = false;
      void queue.room().then(() => {
        isThere = true;
      });
      return new Promise((resolve) => setImmediate(resolve));
    };
    for (const n of [1, 2]) {
      await ask();
      expect(isThere).toBe(true);
      queue.offer(item(`lane-${n}`, n, 10), 0);
    }
    queue.offer(item('lane-3', 3, 10), 0);
    await ask();
    expect(isThere).toBe(false);
    queue.next(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isThere).toBe(true);
  },
);

describe('a device that costs much', () => {
  /** A lane that has cost much, with small items waiting. */
  function spent(most = 4) {
    const queue = new FairQueue<number>({ ...limits, laneItems: 50 });
    queue.charge('hog', LITTLE_MS, 0);
    for (let n = 1; n <= most; n++) queue.offer(item('hog', n), 0);
    return queue;
  }

  test('goes behind those that cost little, however many of its items came before', () => {
    const queue = spent();
    queue.offer(item('calm', 10), 0);
    queue.offer(item('calm', 11), 0);
    expect(taken(queue)).toEqual([10, 11, 1, 2, 3, 4]);
  });

  test('has a large item: it goes behind too', () => {
    const queue = new FairQueue<number>(limits);
    queue.offer(item('bulk', 1, 1, 11), 0);
    queue.offer(item('bulk', 2, 1, 10), 0);
    queue.offer(item('calm', 10), 0);
    expect(taken(queue)).toEqual([10, 1, 2]);
  });

  test('is served all the same: at least every ninth time', () => {
    const queue = spent();
    for (let n = 0; n < 20; n++) queue.offer(item(`calm-${n}`, 100 + n), 0);
    const order = taken(queue);
    expect(order.slice(0, 18).filter((n) => n < 100)).toEqual([1, 2]);
    expect([order[8], order[17]]).toEqual([1, 2]);
  });

  test('is like any other again when time has passed', () => {
    const queue = new FairQueue<number>(limits);
    queue.charge('hog', LITTLE_MS * Math.E, 0);
    const order = (now: number) => {
      queue.offer(item('hog', 1), now);
      queue.offer(item('calm', 2), now);
      return taken(queue, 9, now);
    };
    expect(order(FADE_MS - 1)).toEqual([2, 1]);
    expect(order(FADE_MS + 1)).toEqual([1, 2]);
  });

  test('of those that cost much the one that cost least goes next, until it has cost as much', () => {
    const queue = new FairQueue<number>({ ...limits, laneItems: 50 });
    queue.charge('hog', 1000, 0);
    queue.charge('busy', 500, 0);
    for (let n = 1; n <= 3; n++) queue.offer(item('hog', n), 0);
    for (let n = 11; n <= 14; n++) queue.offer(item('busy', n), 0);
    const order: number[] = [];
    for (let next = queue.next(0); next; next = queue.next(0)) {
      order.push(next.item);
      queue.charge(next.key, 200, 0);
    }
    expect(order).toEqual([11, 12, 13, 1, 14, 2, 3]);
  });

  test('several take turns, part by part; about as many as may be begun at once', () => {
    const queue = new FairQueue<number>(limits);
    for (const [n, key] of ['a', 'b', 'c', 'd'].entries()) queue.offer(item(key, n, 1, 50), 0);
    const order: string[] = [];
    const parts: Record<string, number> = { a: 3, b: 3, c: 3, d: 3 };
    let begun = 0;
    let most = 0;
    for (let next = queue.next(0); next; next = queue.next(0)) {
      order.push(next.key);
      const left = (parts[next.key] ?? 0) - 1;
      if (left === 2) begun++;
      parts[next.key] = left;
      if (left > 0) queue.putBack(next);
      else begun--;
      most = Math.max(most, begun);
      expect(queue.busy).toBe(queue.items > 0);
    }
    expect(order.slice(0, 6).filter((key) => key === 'a')).toHaveLength(2);
    expect(order.toSorted().join('')).toBe('aaabbbcccddd');
    expect(most).toBeLessThanOrEqual(limits.maxOpen + 1);
  });
});

describe('bounds of the queue', () => {
  test('a lane: from the soft bound on its sender waits, from the hard one on it loses', async () => {
    const queue = new FairQueue<number>({ ...limits, laneSoft: 3, laneItems: 5 });
    const offers = [1, 2, 3, 4, 5, 6].map((n) => queue.offer(item('a', n), 0));
    expect(offers.map((offer) => (offer instanceof Promise ? 'wait' : offer))).toEqual([
      'accepted',
      'accepted',
      'wait',
      'wait',
      'wait',
      'dropped',
    ]);
    const woken: number[] = [];
    offers.forEach((offer, n) => {
      if (offer instanceof Promise) void offer.then(() => woken.push(n));
    });
    // Three are left: still at the soft bound.
    taken(queue, 2);
    await Promise.resolve();
    expect(woken).toEqual([]);
    queue.next(0);
    await Promise.resolve();
    expect(woken).toEqual([2, 3, 4]);
    // And a second time.
    const again = queue.offer(item('a', 7), 0);
    expect(again).toBeInstanceOf(Promise);
    taken(queue);
    await again;
    expect([queue.items, queue.bytes]).toEqual([0, 0]);
    expect(queue.next(0)).toBeUndefined();
  });

  test('a lane has a bound in bytes too', async () => {
    const queue = new FairQueue<number>({ ...limits, laneSoft: 9, laneItems: 9, laneSoftBytes: 20, laneBytes: 40 });
    expect(queue.offer(item('a', 1, 19), 0)).toBe('accepted');
    const wait = queue.offer(item('a', 2, 21), 0);
    expect(wait).toBeInstanceOf(Promise);
    expect(queue.offer(item('a', 3, 1), 0)).toBe('dropped');
    expect(queue.offer(item('b', 4, 40), 0)).toBeInstanceOf(Promise);
    expect(taken(queue).toSorted()).toEqual([1, 2, 4]);
    await wait;
  });

  test('bytes: exactly the bound is held, one more is not; what was dropped leaves no lane', () => {
    const queue = new FairQueue<number>({ ...limits, laneSoft: 3, laneItems: 5 });
    expect(queue.offer(item('a', 1, 60), 0)).toBe('accepted');
    expect(queue.offer(item('b', 2, 41), 0)).toBe('dropped');
    expect(queue.offer(item('b', 3, 40), 0)).toBe('accepted');
    expect(queue.offer(item('c', 4, 1), 0)).toBe('dropped');
    expect(queue.offer(item('c', 5, 0), 0)).toBe('accepted');
    expect(queue.offer(item('d', 6, 7), 0, true)).toBe('accepted');
    expect([queue.items, queue.bytes]).toEqual([4, 107]);
    expect(taken(queue).toSorted()).toEqual([1, 3, 5, 6]);
    expect([queue.items, queue.bytes]).toEqual([0, 0]);
  });

  test('as the hub uses it: 8 messages a device before it waits, 256 at most, 256 MiB of all', () => {
    expect(defaultQueueLimits).toMatchObject({ laneSoft: 8, laneItems: 256, totalBytes: 256 * 1024 * 1024 });
    const queue = new FairQueue<number>();
    for (let n = 1; n < 8; n++) expect(queue.offer(item('a', n), 0)).toBe('accepted');
    for (let n = 8; n <= 256; n++) expect(queue.offer(item('a', n), 0)).toBeInstanceOf(Promise);
    expect(queue.offer(item('a', 257), 0)).toBe('dropped');
  });
});
