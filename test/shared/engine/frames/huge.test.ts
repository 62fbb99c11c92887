import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { startDecoding } from '../../../support/decoding.ts';
import { pngThatStates } from '../../../support/png.ts';
import { tempFolder } from '../../../support/temp.ts';

test.each([
  [50_000, 50_000, 64],
  [1, 2 ** 31 - 1, 64],
  // FFmpeg makes one picture of it while it looks what is in the file.
  [9000, 9000, 300],
])(
  'a picture that states %i x %i pixels is no source, and takes at most %i MB to find out',
  async (width, height, mb) => {
    const url = path.join(tempFolder(), 'huge.png');
    writeFileSync(url, pngThatStates(width, height));
    const before = process.resourceUsage().maxRSS;
    const { ended } = startDecoding({ url });
    expect(await ended).toMatchObject({ type: 'failed', code: 'source-no-video' });
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(mb);
  },
);

const grey = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: 'grey' }, limitInputPixels: false }).toColourspace('b-w');

test('a whole picture of 9000 x 9000 pixels is refused with the bound', async () => {
  const url = path.join(tempFolder(), 'whole.png');
  await grey(9000, 9000).png({ palette: false }).toFile(url);
  const { ended } = startDecoding({ url });
  expect(await ended).toMatchObject({
    type: 'failed',
    code: 'source-no-video',
    message: expect.stringContaining('9000 x 9000 pixels; at most 67108864 pixels are decoded'),
  });
});

test('a stream whose pictures grow beyond the bound: those are not decoded, the others are', async () => {
  const small = await grey(64, 64).jpeg().toBuffer();
  const huge = await grey(9000, 9000).jpeg().toBuffer();
  const url = path.join(tempFolder(), 'grows.mjpeg');
  // Enough small ones first, so that the look at what is in the file sees no other.
  writeFileSync(url, Buffer.concat([...Array.from({ length: 40 }, () => small), huge, small, small]));
  const { ended, all } = startDecoding({ url });
  expect(await ended).toBeUndefined();
  const sizes = all('opened').map(({ info }) => `${info.width}x${info.height}`);
  expect(sizes).not.toContain('9000x9000');
  expect(all('frame')).toHaveLength(42);
});
