/** Draws what is known of a frame over its picture. Sharp works in threads of its own: the supervisor's loop goes on. */
import type { Annotate } from './live.ts';
import { overlayOf } from './overlay.ts';

const JPEG_QUALITY = 80;
/** More pixels than any preview has. */
const MOST_PIXELS = 4096 * 4096;

/** Sharp is loaded with the first picture: an agent at which nobody looks does not pay for it. */
export function createAnnotator(): Annotate {
  let loading: Promise<typeof import('sharp')> | undefined;
  const load = async () => {
    const sharp = await import('sharp');
    // Memory that image work has taken is not given back; little of it at a time keeps that small.
    sharp.default.concurrency(1);
    sharp.default.cache(false);
    return sharp;
  };
  return async (jpeg, drawing) => {
    loading ??= load();
    const { default: sharp } = await loading;
    const input = Buffer.from(overlayOf(drawing));
    return sharp(jpeg, { limitInputPixels: MOST_PIXELS })
      .composite([{ input, top: 0, left: 0 }])
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  };
}
