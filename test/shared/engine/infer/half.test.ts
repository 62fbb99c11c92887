import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../../../shared/engine/infer/half.ts';

/** Of https://en.wikipedia.org/wiki/Half-precision_floating-point_format, "Half precision examples". */
test.each([
  [0, 0x0000],
  [2 ** -24, 0x0001],
  [2 ** -14 - 2 ** -24, 0x03ff],
  [2 ** -14, 0x0400],
  [0.333251953125, 0x3555],
  [1 - 2 ** -11, 0x3bff],
  [1, 0x3c00],
  [1 + 2 ** -10, 0x3c01],
  [65504, 0x7bff],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [-2, 0xc000],
  [Number.NEGATIVE_INFINITY, 0xfc00],
])('%f is %i', (value, bits) => {
  expect([...toHalf(Float32Array.of(value))]).toEqual([bits]);
  expect([...fromHalf(Uint16Array.of(bits))]).toEqual([value]);
});

test('ties go to the even neighbour, what is too large to infinity, what is tiny to zero, NaN stays NaN', () => {
  const values = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519.99, 65520, 2 ** -25, 2 ** -25 * 1.01, 1e30, 1e-30];
  expect([...fromHalf(toHalf(Float32Array.from(values)))]).toEqual([
    1,
    1 + 2 ** -9,
    65504,
    Number.POSITIVE_INFINITY,
    0,
    2 ** -24,
    Number.POSITIVE_INFINITY,
    0,
  ]);
  expect(fromHalf(toHalf(Float32Array.of(Number.NaN)))[0]).toBeNaN();
});

test('every number of 16 bits comes back as it was, and every float becomes its nearest neighbour', () => {
  const finite = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
  expect(toHalf(fromHalf(finite))).toEqual(finite);
  fc.assert(
    fc.property(fc.float({ min: -65000, max: 65000, noNaN: true }), (value) => {
      const [bits = 0] = toHalf(Float32Array.of(value));
      const distance = (b: number) => Math.abs((fromHalf(Uint16Array.of(b))[0] ?? 0) - value);
      for (const neighbour of [bits - 1, bits + 1]) {
        if (neighbour >= 0 && (neighbour & 0x7c00) !== 0x7c00 && (neighbour & 0x8000) === (bits & 0x8000))
          expect(distance(bits)).toBeLessThanOrEqual(distance(neighbour));
      }
    }),
  );
});
