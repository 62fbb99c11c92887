/** Draws what is known of a frame over its picture. */
import sharp from 'sharp';
import { type Drawing, overlayOf } from './overlay.ts';

/** @returns the JPEG with the drawing on it, of the same size */
export type Annotate = (jpeg: Uint8Array, drawing: Drawing) => Promise<Uint8Array>;

const JPEG_QUALITY = 80;
/** More pixels than any preview has. */
const MOST_PIXELS = 4096 * 4096;

export function createAnnotator(): Annotate {
  // Memory that image work has taken is not given back; little of it at a time keeps that small.
  sharp.concurrency(1);
  sharp.cache(false);
  return (jpeg, drawing) => {
    const input = Buffer.from(overlayOf(drawing));
    return sharp(jpeg, { limitInputPixels: MOST_PIXELS })
      .composite([{ input, top: 0, left: 0 }])
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  };
}
