import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { createPixelScaler, type PixelOrder } from '../../../../shared/engine/frames/pixels.ts';
import { allocFrame, openVideo } from '../../../../shared/engine/frames/reader.ts';
import { inOrder } from '../../../support/pixels.ts';
import { tempFolder } from '../../../support/temp.ts';

function scalerForTest() {
  const scaler = createPixelScaler();
  onTestFinished(() => scaler.close());
  return scaler;
}

/** A picture of these packed RGB bytes as a decoded frame. */
async function frameOf(rgb: Uint8Array, width: number, height: number) {
  const file = path.join(tempFolder(), 'picture.png');
  writeFileSync(
    file,
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const reader = await openVideo(
    { from: 'file', url: file, options: {}, waits: false, shown: file },
    { onUndecodable: fail },
  );
  const frame = allocFrame();
  await reader.next(frame);
  reader.close();
  return frame;
}

function fail(message: string): never {
  throw new Error(message);
}

test.each(['planes', 'rgb', 'bgr'] as const)(
  '%s: each pixel where the tensor wants it, at odd sizes too',
  async (order) => {
    const scaler = scalerForTest();
    const rgb = Uint8Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37) % 256);
    const frame = await frameOf(rgb, 7, 5);
    const pixels = scaler.scale(frame, 7, 5, order satisfies PixelOrder).map((plane) => [...plane].slice(0, 7 * 5 * 3));
    const wanted = inOrder(rgb, order).map((plane) => [...plane]);
    expect(pixels.map((plane, p) => plane.slice(0, wanted[p]?.length))).toEqual(wanted);
    frame.free();
  },
);

test('gray is brightness; one scaler serves frames of several sizes in turn', async () => {
  const scaler = scalerForTest();
  const white = await frameOf(new Uint8Array(64 * 48 * 3).fill(255), 64, 48);
  const black = await frameOf(new Uint8Array(32 * 24 * 3), 32, 24);
  for (let round = 0; round < 3; round++) {
    expect(
      scaler
        .scale(white, 16, 12, 'gray')[0]
        ?.subarray(0, 16 * 12)
        .every((v) => v >= 254),
    ).toBe(true);
    expect(
      scaler
        .scale(black, 16, 12, 'gray')[0]
        ?.subarray(0, 16 * 12)
        .every((v) => v <= 1),
    ).toBe(true);
  }
  white.free();
  black.free();
});
