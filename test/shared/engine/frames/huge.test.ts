import { writeFileSync } from 'node:fs';
import path from 'node:path';
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
