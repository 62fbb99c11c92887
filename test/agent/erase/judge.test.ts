import { expect, test } from 'vitest';
import { coversSample, judgeOf } from '../../../agent/erase/judge.ts';
import { encodePicture } from '../../../shared/contract/codec.ts';
import type { EraseOrder } from '../../../shared/contract/messages/erase.ts';

const order = (rest: Partial<EraseOrder> = {}): EraseOrder => ({
  id: '0'.repeat(32),
  stream: 'door',
  pictures: false,
  ...rest,
});
const record = (rest: object = {}) =>
  JSON.stringify({ kind: 'event', stream: 'door', wall: 1000, clock: 'synced', snapshot: { data: 'abc' }, ...rest });

test('a record is covered by its stream and its time', () => {
  const judge = judgeOf(order({ from: 500, before: 1000 }));
  expect(judge(record({ wall: 499 }))).toBe('keep');
  expect(judge(record({ wall: 500 }))).toBe('erase');
  expect(judge(record({ wall: 999 }))).toBe('erase');
  expect(judge(record({ wall: 1000 }))).toBe('keep');
  expect(judge(record({ wall: 700, stream: 'yard' }))).toBe('keep');
  // Named, but not its stream.
  expect(judge(record({ wall: 700, stream: 'yard', rule: 'door' }))).toBe('keep');
});

test('without a stream, every record that has one; never those of the device itself', () => {
  const judge = judgeOf(order({ stream: undefined }));
  expect(judge(record({ stream: 'yard' }))).toBe('erase');
  expect(judge(JSON.stringify({ kind: 'loss', from: 1, to: 2, lost: 2, reason: 'quota' }))).toBe('keep');
});

test('of a clock that was wrong, and of no readable time, the time says nothing: covered', () => {
  const judge = judgeOf(order({ before: 1000 }));
  expect(judge(record({ wall: 4e12, clock: 'wrong' }))).toBe('erase');
  expect(judge(record({ wall: 'noon' }))).toBe('erase');
  expect(judge('{"stream":"door", cut off')).toBe('erase');
  expect(judge('{"stream":"yard", cut off')).toBe('keep');
});

test('only pictures: the rest of the record stays', () => {
  const judge = judgeOf(order({ pictures: true }));
  expect(judge(record())).toEqual({
    without: JSON.stringify({ kind: 'event', stream: 'door', wall: 1000, clock: 'synced' }),
  });
  expect(judge(record({ snapshot: undefined }))).toBe('keep');
});

test('a sample is covered by its stream and the time in its header, and when it cannot be read', () => {
  const jpeg = new Uint8Array(4);
  const payload = encodePicture({ wall: 700 }, jpeg);
  expect(coversSample(order({ before: 701 }), 'door', payload)).toBe(true);
  expect(coversSample(order({ before: 700 }), 'door', payload)).toBe(false);
  expect(coversSample(order({ before: 701 }), 'yard', payload)).toBe(false);
  expect(coversSample(order({ before: 1 }), 'door', undefined)).toBe(true);
  expect(coversSample(order({ before: 1 }), 'door', new Uint8Array([0, 0, 0, 99]))).toBe(true);
});
