/** Several pictures of one size side by side, each with a title: to be compared by eye. */
import sharp from 'sharp';
import { escapeXml } from './overlay.ts';

export interface Tile {
  readonly jpeg: Uint8Array;
  readonly title: string;
}

const COLUMNS = 2;
const TITLE = 24;
const JPEG_QUALITY = 85;

/** @param size of each picture, in pixels */
export async function drawSheet(
  tiles: readonly Tile[],
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const columns = Math.min(COLUMNS, tiles.length);
  const rows = Math.ceil(tiles.length / columns);
  const place = (index: number) => ({
    left: (index % columns) * width,
    top: Math.floor(index / columns) * (height + TITLE),
  });
  const layers = tiles.flatMap(({ jpeg, title }, index) => {
    const { left, top } = place(index);
    return [
      { input: Buffer.from(titleOf(title, width)), left, top },
      { input: Buffer.from(jpeg), left, top: top + TITLE },
    ];
  });
  const sheet = {
    width: columns * width,
    height: rows * (height + TITLE),
    channels: 3 as const,
    background: '#14171a',
  };
  return sharp({ create: sheet }).composite(layers).jpeg({ quality: JPEG_QUALITY }).toBuffer();
}

function titleOf(title: string, width: number): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${TITLE}" font-family="DejaVu Sans, Arial, sans-serif">` +
    `<text x="6" y="17" font-size="14" fill="#e8eaed">${escapeXml(title)}</text></svg>`
  );
}
