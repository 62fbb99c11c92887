import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSealer, keyIdOf, noSealer, SealError, sealedWith } from '../../../shared/kit/seal.ts';

const [key, other] = [randomBytes(32), randomBytes(32)];

test('what is sealed comes back, is nowhere in the piece, and no two pieces are alike', () => {
  const sealer = createSealer(key);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (content) => {
      const piece = sealer.seal(content);
      expect(sealer.open(piece).equals(content)).toBe(true);
      expect(createSealer(undefined, [key]).open(piece).equals(content)).toBe(true);
      if (content.length >= 8) expect(piece.includes(Buffer.from(content))).toBe(false);
      expect(piece.equals(sealer.seal(content))).toBe(false);
      expect(sealedWith(piece)).toBe(keyIdOf(key));
    }),
  );
});

test('a piece with any bit turned, any end cut off, of another key or for another purpose is refused', () => {
  const sealer = createSealer(key);
  const piece = sealer.seal(Buffer.from('a face at the door'));
  fc.assert(
    fc.property(fc.nat(piece.length * 8 - 1), (bit) => {
      const turned = Buffer.from(piece);
      turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      // Without its first bytes it is no sealed piece, and is taken as it is.
      if (bit < 32) expect(sealer.open(turned).equals(turned)).toBe(true);
      else expect(() => sealer.open(turned)).toThrow(SealError);
    }),
  );
  for (let length = 12; length < piece.length; length++)
    expect(() => sealer.open(piece.subarray(0, length))).toThrow(SealError);
  expect(() => createSealer(other).open(piece)).toThrow(`the key ${keyIdOf(key)}, which is not given`);
  expect(() => sealer.for('sample').open(piece)).toThrow(SealError);
});

test('an old key opens and does not seal; without a key pieces stay plain', () => {
  const old = createSealer(other).seal(Buffer.from('x'));
  const sealer = createSealer(key, [other]);
  expect(sealer.open(old).toString()).toBe('x');
  expect([sealer.isCurrent(old), sealer.isCurrent(sealer.seal(Buffer.from('x')))]).toEqual([false, true]);
  expect([sealer.knows(keyIdOf(other)), sealer.knows('0000000000000000')]).toEqual([true, false]);
  expect(noSealer.seal(Buffer.from('x')).toString()).toBe('x');
  expect(noSealer.open(Buffer.from('x')).toString()).toBe('x');
});

test('a sealer says whether it has any key, for sealing or only for opening', () => {
  expect(createSealer(undefined).hasKeys).toBe(false);
  expect(createSealer(undefined, [randomBytes(32)]).hasKeys).toBe(true);
  expect(createSealer(randomBytes(32)).hasKeys).toBe(true);
});
