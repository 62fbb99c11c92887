import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { openImages } from '../../../../shared/engine/frames/images.ts';
import { allocFrame, openVideo, type VideoReader } from '../../../../shared/engine/frames/reader.ts';
import { tempFolder } from '../../../support/temp.ts';

const noise = () =>
  sharp(Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 7919) % 251)), {
    raw: { width: 64, height: 48, channels: 3 },
  });
const kinds: Readonly<Record<string, (picture: Sharp) => Sharp>> = {
  'baseline.jpg': (picture) => picture.jpeg({ quality: 90 }),
  'progressive.jpg': (picture) => picture.jpeg({ progressive: true }),
  'grey.jpg': (picture) => picture.greyscale().jpeg(),
  'exif.jpg': (picture) => picture.jpeg().withExif({ IFD0: { Copyright: 'nobody' } }),
  'a.png': (picture) => picture.png(),
  'a.webp': (picture) => picture.webp(),
};

/** Frames that it gives, and complaints. */
async function readAll(open: (complain: (message: string) => void) => Promise<VideoReader>) {
  const complaints: string[] = [];
  const frame = allocFrame();
  const reader = await open((message) => complaints.push(message));
  let frames = 0;
  try {
    while ((await reader.next(frame)) !== undefined) frames++;
  } finally {
    reader.close();
    frame.free();
  }
  return { frames, complaints };
}

const readFile = (file: string) =>
  readAll((onUndecodable) => openVideo({ from: 'file', url: file, shown: file, waits: false }, { onUndecodable }));

test.each(Object.keys(kinds))('%s: cut off at a quarter, a half, three quarters, it gives no frame', async (name) => {
  const whole = (await kinds[name]?.(noise()).toBuffer()) ?? Buffer.alloc(0);
  const file = path.join(tempFolder(), name);
  writeFileSync(file, whole);
  expect(await readFile(file)).toEqual({ frames: 1, complaints: [] });
  for (const part of [0.25, 0.5, 0.75]) {
    writeFileSync(file, whole.subarray(0, whole.length * part));
    const read = await readFile(file).catch((error: Error) => ({ frames: 0, complaints: [error.message] }));
    expect({ part, ...read }).toEqual({ part, frames: 0, complaints: [expect.any(String)] });
  }
});

test('a JPEG that lacks its end marker only, or has something behind it, is a picture', async () => {
  const whole = await noise().jpeg().toBuffer();
  const file = path.join(tempFolder(), 'a.jpg');
  for (const bytes of [whole.subarray(0, -2), Buffer.concat([whole, Buffer.alloc(700, 7)])]) {
    writeFileSync(file, bytes);
    expect(await readFile(file)).toEqual({ frames: 1, complaints: [] });
  }
});

test('a folder: a picture that is cut off is named, and the others are frames', async () => {
  const folder = path.join(tempFolder(), 'pictures');
  mkdirSync(folder);
  const whole = await noise().jpeg().toBuffer();
  writeFileSync(path.join(folder, '1.jpg'), whole);
  writeFileSync(path.join(folder, '2.jpg'), whole.subarray(0, whole.length / 4));
  writeFileSync(path.join(folder, '3.jpg'), whole);
  const { frames, complaints } = await readAll((onUndecodable) => openImages(folder, 10, { onUndecodable }));
  expect(frames).toBe(2);
  expect(complaints).toEqual([expect.stringMatching(/^2\.jpg: /)]);
});
