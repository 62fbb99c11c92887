/**
 * Do two pictures look alike? The difference hash: a bit for each pair of neighbours of a small grey picture, which of the two is
 * brighter. It survives noise, compression and light; the number of bits that differ says how much the pictures do. Pure.
 */

export const HASH_WIDTH = 17;
export const HASH_HEIGHT = 16;
/** Of 255: less is noise, which would throw dice for every even wall. */
const BRIGHTER = 2;

/** @param gray rows of HASH_WIDTH brightnesses @returns 64 hexadecimal digits */
export function likenessOf(gray: Uint8Array): string {
  const bits = Buffer.alloc((HASH_HEIGHT * (HASH_WIDTH - 1)) / 8);
  for (let row = 0, bit = 0; row < HASH_HEIGHT; row++)
    for (let x = 1; x < HASH_WIDTH; x++, bit++) {
      const at = row * HASH_WIDTH + x;
      if ((gray[at] ?? 0) > (gray[at - 1] ?? 0) + BRIGHTER) bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
  return bits.toString('hex');
}
