import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eraseAnswer, eraseOrder, isCovered } from '../../../../shared/contract/messages/erase.ts';

const id = '0123456789abcdef0123456789abcdef';

test('an order covers its stream, from its first moment up to its last, without the last', () => {
  const order = { stream: 'door', from: 100, before: 200 };
  const at = (wall: number, stream = 'door') => isCovered(order, { stream, wall, clock: 'ok' });
  expect([at(99), at(100), at(150), at(199), at(200)]).toEqual([false, true, true, true, false]);
  expect(at(150, 'gate')).toBe(false);
});

test('without a stream it covers every one, without a bound all times; what has no stream is never covered', () => {
  expect(isCovered({}, { stream: 'gate', wall: 0 })).toBe(true);
  expect(isCovered({ from: 5 }, { stream: 'gate', wall: 1e15 })).toBe(true);
  expect(isCovered({ from: 5 }, { stream: 'gate', wall: 4 })).toBe(false);
  expect(isCovered({ before: 5 }, { stream: 'gate', wall: 0 })).toBe(true);
  expect(isCovered({ before: 5 }, { stream: 'gate', wall: 5 })).toBe(false);
  expect(isCovered({}, { wall: 0 })).toBe(false);
});

test('nobody knows when something was whose time is unknown or wrong: it is covered, but not in another stream', () => {
  const order = { stream: 'door', from: 100, before: 200 };
  expect(isCovered(order, { stream: 'door' })).toBe(true);
  expect(isCovered(order, { stream: 'door', wall: 5000, clock: 'wrong' })).toBe(true);
  expect(isCovered(order, { stream: 'door', wall: 5000, clock: 'estimated' })).toBe(false);
  expect(isCovered(order, { stream: 'gate', wall: 150, clock: 'wrong' })).toBe(false);
});

test('each moment is covered by exactly one of two orders that meet', () => {
  const moment = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(moment, moment, (border, wall) => {
      const of = { stream: 'door', wall };
      expect(isCovered({ before: border }, of)).toBe(!isCovered({ from: border }, of));
    }),
  );
});

test('orders and answers at their bounds; a newer side may say more', () => {
  expect(eraseOrder.parse({ id, extra: 1 })).toEqual({ id, pictures: false, extra: 1 });
  for (const from of [0, 8.64e15]) expect(eraseOrder.safeParse({ id, from }).success).toBe(true);
  for (const wrong of [
    { from: -1 },
    { from: 8.64e15 + 2 },
    { before: -1 },
    { before: Number.NaN },
    { stream: 'No' },
    { pictures: 1 },
    { id: id.slice(1) },
    { id: `${id}0` },
    { id: id.toUpperCase() },
  ])
    expect(eraseOrder.safeParse({ id, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
  const erased = { records: 0, pictures: 0, samples: 0, memories: 0 };
  expect(eraseAnswer.safeParse({ id, state: 'done', erased }).success).toBe(true);
  expect(eraseAnswer.safeParse({ id, state: 'failed', reason: 'x'.repeat(2048) }).success).toBe(true);
  expect(eraseAnswer.safeParse({ id, state: 'failed', reason: 'x'.repeat(2049) }).success).toBe(false);
  expect(eraseAnswer.safeParse({ id, state: 'begun' }).success).toBe(false);
  for (const key of Object.keys(erased))
    for (const count of [-1, 0.5, '1', undefined])
      expect(eraseAnswer.safeParse({ id, state: 'done', erased: { ...erased, [key]: count } }).success).toBe(false);
});
