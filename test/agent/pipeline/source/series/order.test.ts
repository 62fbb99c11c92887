import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOrder } from '../../../../../agent/pipeline/source/series/order.ts';

const doubled = 'has the time of the row before: doubled';
const late = (ms: number) => `is ${ms} ms older than the row before: out of order`;

/** What comes of each of these times: where it lies (with `!` where the series began again), or what is wrong. */
function placed(times: readonly (number | 'restart')[]): (number | string)[] {
  const order = createOrder();
  return times.flatMap((at) => {
    if (at === 'restart') {
      order.restart();
      return [];
    }
    const where = order.place(at);
    return [typeof where === 'string' ? where : where.restart ? `${where.atMs}!` : where.atMs];
  });
}

test('the first begins the series; later ones lie where they are', () => {
  expect(placed([5000, 5001, 9000])).toEqual(['5000!', 5001, 9000]);
  expect(placed([-5, 0, 5])).toEqual(['-5!', 0, 5]);
});

test('doubled and late rows are refused, and change nothing', () => {
  expect(placed([100, 200, 200, 150, 201, 199, 202])).toEqual(['100!', 200, doubled, late(50), 201, late(2), 202]);
});

test('five late rows in order among themselves are a clock that was set back: the series goes on from there', () => {
  expect(placed([10_000, 20_000, 1000, 1100, 1200, 1300, 1400, 1500, 1500])).toEqual([
    ...['10000!', 20_000, late(19_000), late(18_900), late(18_800), late(18_700), '20001!', 20_101, doubled],
  ]);
});

test('late rows without an order, doubled among them, or with a good one between, are no clock', () => {
  expect(placed([10_000, 5000, 4000, 3000, 2000, 1000, 900])).toEqual([
    '10000!',
    ...[5000, 6000, 7000, 8000, 9000, 9100].map(late),
  ]);
  expect(placed([10_000, 1, 2, 3, 4, 4, 5, 6])).toEqual([
    '10000!',
    ...[1, 2, 3, 4, 4, 5, 6].map((at) => late(10_000 - at)),
  ]);
  expect(placed([10_000, 1, 2, 3, 4, 10_001, 5, 6])).toEqual([
    '10000!',
    ...[9999, 9998, 9997, 9996].map(late),
    10_001,
    ...[9996, 9995].map(late),
  ]);
  // A late one that goes back is the first of the next five.
  expect(placed([10_000, 5000, 1, 2, 3, 4, 5]).at(-1)).toBe('10001!');
});

test('the clock may be set back again and again', () => {
  const day = [1000, 1001, 1002, 1003, 1004];
  expect(placed([...day, ...day, 1005, ...day])).toEqual([
    ...['1000!', 1001, 1002, 1003, 1004, late(4), late(3), late(2), late(1), doubled, 1005],
    ...[late(5), late(4), late(3), late(2), late(1)].slice(0, 4),
    '1006!',
  ]);
});

test('a file that begins again goes on after what was, and what is wrong with its rows is measured there', () => {
  expect(placed([100, 200, 'restart', 100, 200, 150, 'restart', 'restart', 100])).toEqual([
    ...['100!', 200, '201!', 301, late(50), '302!'],
  ]);
  expect(placed(['restart', 100, 'restart', 50])).toEqual(['100!', '101!']);
  // Late rows before the end of a round do not count for the next.
  expect(placed([100, 1, 2, 3, 4, 'restart', 100, 60, 61])).toEqual([
    ...['100!', late(99), late(98), late(97), late(96), '101!', late(40), late(39)],
  ]);
});

test('whatever comes: what is placed rises, and a step between two that follow each other is kept', () => {
  const times = fc.array(
    fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.constant('restart' as const)),
  );
  fc.assert(
    fc.property(times, (series) => {
      const order = createOrder();
      let last: { readonly atMs: number; readonly given: number } | undefined;
      for (const given of series) {
        if (given === 'restart') {
          order.restart();
          continue;
        }
        const where = order.place(given);
        if (typeof where === 'string') continue;
        if (last) expect(where.atMs).toBeGreaterThan(last.atMs);
        if (last && !where.restart) expect(where.atMs - last.atMs).toBe(given - last.given);
        expect(where.restart || last !== undefined).toBe(true);
        last = { atMs: where.atMs, given };
      }
    }),
  );
});

test.each([
  ['milliseconds', 2 ** 32],
  ['microseconds', 2 ** 32 / 1000],
])(
  'a clock of 32 bits of %s since the start of a device runs over: the series goes on, and nothing is refused',
  (_, full) => {
    const times = [full - 2000, full - 1000, 0, 1000, 2000];
    expect(placed(times)).toEqual([`${full - 2000}!`, full - 1000, full, full + 1000, full + 2000]);
    const order = createOrder();
    order.place(full - 1000);
    expect(order.isLater(500)).toBe(true);
    expect(order.isLater(full / 2)).toBe(false);
  },
);
