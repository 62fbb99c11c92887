import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAGE_BYTES, sizesOf } from '../../../../agent/buffer/space/sizes.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

test.each([
  [1 * MIB, { walPages: 32, commitBytes: 64 * KIB, filePages: 128 }],
  [4 * MIB, { walPages: 32, commitBytes: 256 * KIB, filePages: 800 }],
  [16 * MIB, { walPages: 128, commitBytes: MIB, filePages: 3_200 }],
  [64 * MIB, { walPages: 512, commitBytes: MIB, filePages: 14_336 }],
  [512 * MIB, { walPages: 1_000, commitBytes: MIB, filePages: 127_560 }],
])('of a quota of %i bytes', (quota, { walPages, commitBytes, filePages }) => {
  expect(sizesOf(quota)).toEqual({
    walPages,
    walBoundBytes: walPages * 2 * PAGE_BYTES,
    commitBytes,
    passPages: walPages,
    reserveBytes: walPages * PAGE_BYTES + 2 * commitBytes,
    filePages,
  });
});

test('the parts never exceed the whole, and the file gets most of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: MIB, max: 2 ** 40 }), (quota) => {
      const { walBoundBytes, reserveBytes, filePages } = sizesOf(quota);
      const parts = walBoundBytes + reserveBytes + filePages * PAGE_BYTES;
      expect(parts).toBeLessThanOrEqual(quota);
      expect(parts).toBeGreaterThan(quota - PAGE_BYTES);
      expect(filePages * PAGE_BYTES).toBeGreaterThan(quota / 2 - PAGE_BYTES);
    }),
  );
});
