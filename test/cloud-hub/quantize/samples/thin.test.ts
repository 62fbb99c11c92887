import { expect, test } from 'vitest';
import { createThin } from '../../../../cloud-hub/quantize/samples/thin.ts';

test.each([
  [0, 1],
  [7, 1],
  [8, 1],
  [9, 2],
  [16, 2],
  [17, 4],
  [1000, 128],
])('of %i items eight at most are kept, each %i-th', (length, step) => {
  const thin = createThin<number>(8);
  for (let i = 0; i < length; i++) thin.push(thin.wants() ? i : undefined);
  expect(thin.kept).toEqual(Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step));
  expect(thin.wants()).toBe(length % step === 0);
});
