import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import { createPictureMaker } from '../../../../shared/engine/frames/picture.ts';
import { createPixelScaler } from '../../../../shared/engine/frames/pixels.ts';
import { allocFrame, openVideo } from '../../../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../../../shared/engine/frames/redact.ts';
import { writeClip } from '../../../support/clip.ts';
import { tempFolder } from '../../../support/temp.ts';

/** The first frame of a file, upright: its size, and its brightness in sixteen by sixteen fields, also out of a JPEG of it. */
async function look(file: string) {
  const reader = await openVideo(
    { from: 'file', url: file, shown: file, waits: false },
    { onUndecodable: expect.unreachable },
  );
  const frame = allocFrame();
  const scaler = createPixelScaler();
  const pictures = createPictureMaker();
  await reader.next(frame);
  const coded = [frame.width, frame.height];
  reader.upright(frame);
  // Twice is once.
  reader.upright(frame);
  const shown = [frame.width, frame.height];
  const [fields = new Uint8Array()] = scaler.scale(frame, 16, 16, 'gray');
  const crop = pictures.crop(createRedactor(NOTHING_HIDDEN).redact(frame), [0, 0, 1, 1], 640);
  const result = { coded, shown, fields: [...fields], crop: await fieldsOf(sharp(Buffer.from(crop.jpeg))) };
  for (const part of [reader, scaler, pictures]) part.close();
  frame.free();
  return result;
}

async function fieldsOf(picture: Sharp): Promise<number[]> {
  return [...(await picture.greyscale().resize(16, 16, { fit: 'fill' }).raw().toBuffer())];
}

function difference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}

/** Nothing of it is the same when it is turned or mirrored: darker to the right, and a bright corner. */
function scene(width: number, height: number): Sharp {
  const pixels = Buffer.from(
    Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
      return x < 0.3 && y < 0.2 ? 255 : Math.round(180 * (1 - x) * (0.4 + 0.6 * y));
    }),
  );
  return sharp(pixels, { raw: { width, height, channels: 1 } });
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('a photo of orientation %i looks as it is meant to', async (orientation) => {
  const file = path.join(tempFolder(), 'a.jpg');
  await scene(160, 96).jpeg({ quality: 95 }).withMetadata({ orientation }).toFile(file);
  const { coded, shown, fields, crop } = await look(file);
  expect(coded).toEqual([160, 96]);
  expect(shown).toEqual(orientation > 4 ? [96, 160] : [160, 96]);
  const meant = await fieldsOf(sharp(await sharp(file).rotate().png().toBuffer()));
  expect(difference(fields, meant)).toBeLessThan(6);
  expect(difference(crop, meant)).toBeLessThan(6);
});

/** Numbers of a display matrix as an MP4 has them: 16.16 bits, big-endian, after the eight bytes and ten words of `tkhd`. */
function withMatrix(clip: Buffer, numbers: readonly number[]): Buffer {
  const changed = Buffer.from(clip);
  const at = changed.indexOf('tkhd') + 4 + 40;
  const places = [0, 1, 3, 4];
  for (const [i, number] of numbers.entries()) changed.writeInt32BE(number * 65_536, at + (places[i] ?? 0) * 4);
  return changed;
}

test('a clip that its display matrix turns, mirrors or tilts', async () => {
  const clip = await writeClip(tempFolder(), { frames: 2 });
  const plain = await look(clip);
  const turned = async (...numbers: number[]) => {
    const file = path.join(tempFolder(), 'turned.mp4');
    writeFileSync(file, withMatrix(readFileSync(clip), numbers));
    return look(file);
  };
  const field = (x: number, y: number) => plain.fields[y * 16 + x];
  const all = (of: (x: number, y: number) => number | undefined) =>
    Array.from({ length: 256 }, (_, i) => of(i % 16, Math.floor(i / 16)) ?? 0);
  const clockwise = await turned(0, 1, -1, 0);
  expect(clockwise.shown).toEqual([240, 320]);
  expect(
    difference(
      clockwise.fields,
      all((x, y) => field(y, 15 - x)),
    ),
  ).toBeLessThan(4);
  const counter = await turned(0, -1, 1, 0);
  expect(counter.shown).toEqual([240, 320]);
  expect(
    difference(
      counter.fields,
      all((x, y) => field(15 - y, x)),
    ),
  ).toBeLessThan(4);
  const over = await turned(-1, 0, 0, -1);
  expect(over.shown).toEqual([320, 240]);
  expect(
    difference(
      over.fields,
      all((x, y) => field(15 - x, 15 - y)),
    ),
  ).toBeLessThan(4);
  expect((await turned(0.7, 0.7, -0.7, 0.7)).fields).toEqual(plain.fields);
});

/** A JPEG whose pixels are `x` to `y` in their sides, as its JFIF header says. */
async function withPixels(x: number, y: number): Promise<string> {
  const file = path.join(tempFolder(), 'a.jpg');
  const jpeg = await scene(160, 96).jpeg({ quality: 95 }).toBuffer();
  const header = Buffer.from('ffe000104a4649460001020000000000000000', 'hex').subarray(0, 18);
  header.writeUInt16BE(x, 12);
  header.writeUInt16BE(y, 14);
  writeFileSync(file, Buffer.concat([jpeg.subarray(0, 2), header, jpeg.subarray(2)]));
  return file;
}

test('pixels that are not square: the picture becomes wider or higher, and never smaller', async () => {
  const square = await look(await withPixels(1, 1));
  expect(square.shown).toEqual([160, 96]);
  const wide = await look(await withPixels(16, 11));
  expect(wide.shown).toEqual([232, 96]);
  expect(difference(wide.fields, square.fields)).toBeLessThan(4);
  expect((await look(await withPixels(1, 2))).shown).toEqual([160, 192]);
  // An error, not a picture.
  expect((await look(await withPixels(1, 60))).shown).toEqual([160, 96]);
});
