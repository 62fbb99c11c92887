/** Packed RGB (or gray) bytes in the order that a tensor writer asks for. */
import type { PixelOrder, Pixels } from '../../shared/engine/frames/pixels.ts';

export function inOrder(packed: Uint8Array, order: PixelOrder): Pixels {
  const every = (first: number) => packed.filter((_, i) => i % 3 === first);
  switch (order) {
    case 'planes':
      return [every(0), every(1), every(2)];
    case 'bgr':
      return [packed.map((_, i) => packed[i + 2 - 2 * (i % 3)] as number)];
    default:
      return [packed];
  }
}
