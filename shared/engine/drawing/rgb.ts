/** A JPEG as rows of red, green and blue bytes. */
import sharp from 'sharp';

/** @param size of what is returned; a picture of another size is scaled */
export function rgbOf(
  jpeg: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  return sharp(jpeg).resize(width, height, { fit: 'fill' }).removeAlpha().toColourspace('srgb').raw().toBuffer();
}
