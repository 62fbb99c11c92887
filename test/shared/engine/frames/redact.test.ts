import {
  AV_PIX_FMT_BGR24,
  AV_PIX_FMT_GBRP,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_GRAY16LE,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_NV21,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV410P,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUYV422,
  type AVPixelFormat,
} from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import type { Box, Point } from '../../../../shared/contract/names.ts';
import { createPictureMaker } from '../../../../shared/engine/frames/picture.ts';
import {
  createRedactor,
  NOTHING_HIDDEN,
  type Policy,
  pixelsOf,
  type RedactedPicture,
  takeBack,
} from '../../../../shared/engine/frames/redact.ts';
import { seeded } from '../../../support/random.ts';

const [width, height] = [96, 64];
/** The left half of the upper half. */
const corner: Point[] = [
  [0, 0],
  [0.5, 0],
  [0.5, 0.5],
  [0, 0.5],
];
const whole: Box = [0, 0, 1, 1];

/** A frame of bright noise, each pixel of another colour, in the given format. */
function noise(format: AVPixelFormat): Frame {
  const random = seeded(7);
  const pixels = Buffer.from(Array.from({ length: width * height * 3 }, () => 120 + Math.floor(random() * 136)));
  const source = Frame.fromVideoBuffer(pixels, {
    width,
    height,
    format: AV_PIX_FMT_RGB24,
    timeBase: { num: 1, den: 25 },
    pts: 0n,
  });
  const frame = new Frame();
  frame.alloc();
  Object.assign(frame, { width, height, format, timeBase: { num: 1, den: 25 } });
  const context = new SoftwareScaleContext();
  context.allocContext();
  expect(context.scaleFrameSync(frame, source)).toBeGreaterThanOrEqual(0);
  context.freeContext();
  source.free();
  return frame;
}

function start(policy: Policy) {
  const redactor = createRedactor(policy);
  const pictures = createPictureMaker();
  onTestFinished(() => {
    redactor.close();
    pictures.close();
  });
  const brightness = async (picture: RedactedPicture, box: Box = whole) => {
    const { jpeg } = pictures.crop(picture, box, 96);
    const { data, info } = await sharp(Buffer.from(jpeg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return (x: number, y: number) => data[(y * info.width + x) * info.channels + 1] ?? 0;
  };
  return { redactor, pictures, brightness };
}

const formats = {
  yuv420p: AV_PIX_FMT_YUV420P,
  yuvj420p: AV_PIX_FMT_YUVJ420P,
  yuv422p: AV_PIX_FMT_YUV422P,
  yuv444p: AV_PIX_FMT_YUV444P,
  nv12: AV_PIX_FMT_NV12,
  nv21: AV_PIX_FMT_NV21,
  gray: AV_PIX_FMT_GRAY8,
  gray16: AV_PIX_FMT_GRAY16LE,
  gbrp: AV_PIX_FMT_GBRP,
  rgb24: AV_PIX_FMT_RGB24,
  bgr24: AV_PIX_FMT_BGR24,
  rgba: AV_PIX_FMT_RGBA,
  yuv410p: AV_PIX_FMT_YUV410P,
  yuv420p10: AV_PIX_FMT_YUV420P10LE,
  yuyv422: AV_PIX_FMT_YUYV422,
};

test.each(Object.entries(formats))('a mask is black in a frame of %s, and the rest is as it was', async (_, format) => {
  const { redactor, brightness } = start({ masks: [corner], style: 'fill' });
  const open = start(NOTHING_HIDDEN);
  const frame = noise(format);
  const twin = noise(format);
  const picture = redactor.redact(frame);
  const masked = await brightness(picture);
  const before = await open.brightness(open.redactor.redact(twin));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // The JPEG's blocks ring a little at the border.
      if (x < 46 && y < 30) expect(masked(x, y), `${x},${y}`).toBeLessThan(40);
      if (x > 64 || y > 48) expect(Math.abs(masked(x, y) - before(x, y)), `${x},${y}`).toBeLessThan(40);
    }
  }
  frame.free();
  twin.free();
});

test('the frame that a decoder keeps stays as it was', () => {
  const { redactor } = start({ masks: [corner], style: 'fill' });
  const frame = noise(AV_PIX_FMT_YUV420P);
  const kept = frame.clone() ?? expect.fail('no clone');
  const before = Buffer.from(kept.data?.[0] ?? []);
  redactor.redact(frame);
  expect(Buffer.compare(before, kept.data?.[0] ?? Buffer.alloc(0))).toBe(0);
  expect(frame.data?.[0]?.[0]).toBe(16);
  kept.free();
  frame.free();
});

test('an object is painted over with a margin, or shown by a few squares', async () => {
  const box: Box = [0.5, 0.5, 0.25, 0.25];
  const filled = start({ masks: [], style: 'fill' });
  const frame = noise(AV_PIX_FMT_YUV420P);
  const picture = filled.redactor.redact(frame);
  filled.redactor.hide(picture, [box]);
  const at = await filled.brightness(picture);
  for (let y = 32; y < 48; y++) for (let x = 48; x < 72; x++) expect(at(x, y)).toBeLessThan(40);
  expect(at(10, 10)).toBeGreaterThan(100);

  const squares = start({ masks: [], style: 'mosaic' });
  const other = noise(AV_PIX_FMT_NV12);
  const shown = squares.redactor.redact(other);
  squares.redactor.hide(shown, [box, [0.9, 0.9, 0.5, 0.5], [-1, -1, 0.5, 0.5]]);
  const luma = pixelsOf(shown).data?.[0] ?? expect.fail('no plane');
  const stride = other.linesize[0] ?? 0;
  const seen = new Set<number>();
  for (let y = 31; y < 49; y++) for (let x = 46; x < 74; x++) seen.add(luma[y * stride + x] ?? 0);
  expect(seen.size).toBeLessThanOrEqual(4 * 3);
  frame.free();
  other.free();
});

test('a camera may change its size', async () => {
  const { redactor, brightness } = start({ masks: [corner], style: 'fill' });
  for (const factor of [1, 2, 1]) {
    const frame = noise(AV_PIX_FMT_YUV420P);
    const larger = new Frame();
    larger.alloc();
    Object.assign(larger, { width: width * factor, height: height * factor, format: AV_PIX_FMT_YUV420P });
    Object.assign(larger, { timeBase: { num: 1, den: 25 } });
    const context = new SoftwareScaleContext();
    context.allocContext();
    context.scaleFrameSync(larger, frame);
    context.freeContext();
    const at = await brightness(redactor.redact(larger));
    expect([at(4, 4), at(40, 26), at(80, 50)].map((v) => v < 40)).toEqual([true, true, false]);
    frame.free();
    larger.free();
  }
});

test('the encoder refuses a frame that was not redacted, and a picture that was taken back', () => {
  const { redactor, pictures } = start(NOTHING_HIDDEN);
  const frame = noise(AV_PIX_FMT_YUV420P);
  // What a careless cast would let through.
  expect(() => pictures.crop(frame as unknown as RedactedPicture, whole, 64)).toThrow('was not redacted');
  const picture = redactor.redact(frame);
  expect(pictures.crop(picture, whole, 64).jpeg.length).toBeGreaterThan(100);
  expect(takeBack(picture)).toBe(frame);
  expect(() => pictures.crop(picture, whole, 64)).toThrow('taken back');
  expect(() => redactor.hide(picture, [whole])).toThrow('taken back');
  frame.free();
});

test('a frame without pixels is left out, not passed on', () => {
  const { redactor } = start({ masks: [corner], style: 'fill' });
  const empty = new Frame();
  empty.alloc();
  expect(() => redactor.redact(empty)).toThrow('the frame is left out');
  empty.free();
});
