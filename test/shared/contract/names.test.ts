import { expect, test } from 'vitest';
import { box, clipped, count, MAX_TEXT, name, nameFrom, point } from '../../../shared/contract/names.ts';

const good = (schema: { safeParse(value: unknown): { success: boolean } }, values: readonly unknown[]) =>
  values.map((value) => schema.safeParse(value).success);

test('names are small, so that they fit into topics, addresses and files', () => {
  expect(good(name, ['a', 'box-1', '0', '-', 'front_door', 'a'.repeat(64)])).toEqual(new Array(6).fill(true));
  const bad = ['', 'A', 'a b', 'a/b', '..', 'ä', 'a\n', '\na', 'a'.repeat(65), 7, null];
  expect(good(name, bad)).toEqual(bad.map(() => false));
  expect(name.safeParse('A').error?.issues[0]?.message).toBe('must be 1 to 64 characters of a-z, 0-9, "-" and "_"');
});

test('points lie in the picture, boxes have four numbers, counts are whole and not below zero', () => {
  expect(
    good(point, [
      [0, 0],
      [1, 1],
      [0.5, 0.25],
    ]),
  ).toEqual([true, true, true]);
  expect(good(point, [[-0.01, 0], [0, 1.01], [0], [0, 0, 0], ['0', 0]])).toEqual(new Array(5).fill(false));
  expect(
    good(box, [
      [0, 0, 1, 1],
      [-1, 2, 3, 4],
    ]),
  ).toEqual([true, true]);
  expect(
    good(box, [
      [0, 0, 1],
      [0, 0, 1, 1, 1],
      [0, 0, 1, Number.NaN],
    ]),
  ).toEqual([false, false, false]);
  expect(good(count, [0, 1, 2 ** 53 - 1])).toEqual([true, true, true]);
  expect(good(count, [-1, 0.5, 2 ** 53, '1'])).toEqual([false, false, false, false]);
});

test('a long text is cut to what a report takes', () => {
  expect(MAX_TEXT).toBe(2048);
  expect(['', 'short', 'x'.repeat(2048)].map(clipped)).toEqual(['', 'short', 'x'.repeat(2048)]);
  expect(clipped(`${'x'.repeat(2047)}ab`)).toBe(`${'x'.repeat(2047)}a`);
});

test.each([
  ['Door Front.MP4', 'door-front'],
  ['/srv/clips/a_b.tar', 'a-b'],
  ['C:\\clips\\Gate 1.csv', 'gate-1'],
  ['v1.2.onnx', 'v1-2'],
  ['a.longending', 'a-longending'],
  ['--a--', 'a'],
  [`${'a'.repeat(63)} b.onnx`, 'a'.repeat(63)],
  [`${'a'.repeat(70)}.onnx`, 'a'.repeat(64)],
  ['.onnx', 'model'],
  ['??.onnx', 'model'],
  ['', 'model'],
])('the name out of %s', (file, wanted) => {
  expect(nameFrom(file)).toBe(wanted);
  expect(name.safeParse(nameFrom(file)).success).toBe(true);
});
