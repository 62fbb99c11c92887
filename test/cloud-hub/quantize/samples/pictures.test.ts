/** The quantizer calibrates on what an agent would see: upright, with square pixels. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { pictureSamples } from '../../../../cloud-hub/quantize/samples/pictures.ts';
import { writeClip } from '../../../support/clip.ts';
import { tinyInput } from '../../../support/inputs.ts';
import { tempFolder } from '../../../support/temp.ts';

const meanDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

test('a folder of photos that lie on their side gives what the upright ones give', async () => {
  const [lying, upright] = [tempFolder(), tempFolder()];
  const gradient = Buffer.from(Array.from({ length: 160 * 96 }, (_, i) => Math.round((i % 160) * 1.2)));
  const jpeg = await sharp(gradient, { raw: { width: 160, height: 96, channels: 1 } })
    .jpeg({ quality: 95 })
    .withMetadata({ orientation: 6 })
    .toBuffer();
  writeFileSync(path.join(lying, '1.jpg'), jpeg);
  await sharp(jpeg).rotate().jpeg({ quality: 95 }).toFile(path.join(upright, '1.jpg'));
  const [[a], [b]] = [
    await pictureSamples(lying, true, tinyInput, 5),
    await pictureSamples(upright, true, tinyInput, 5),
  ];
  expect(a?.fit).toEqual(b?.fit);
  expect([a?.fit.frameWidth, a?.fit.frameHeight]).toEqual([96, 160]);
  const [seen, meant] = [a?.tensor() ?? new Float32Array(), b?.tensor() ?? new Float32Array(1)];
  expect(meanDifference(seen, meant)).toBeLessThan(6);
});

test('a clip that its display matrix turns is calibrated on as it is shown', async () => {
  const file = await writeClip(tempFolder(), { frames: 4, width: 320, height: 240 });
  const clip = Buffer.from(readFileSync(file));
  // A quarter clockwise, in the track's header: 16.16 bits, big-endian.
  const at = clip.indexOf('tkhd') + 4 + 40;
  for (const [i, number] of [0, 1, -1, 0].entries())
    clip.writeInt32BE(number * 65_536, at + ([0, 1, 3, 4][i] ?? 0) * 4);
  const turned = path.join(tempFolder(), 'turned.mp4');
  writeFileSync(turned, clip);
  const samples = await pictureSamples(turned, false, tinyInput, 2);
  expect(samples.map(({ fit }) => [fit.frameWidth, fit.frameHeight])).toEqual([
    [240, 320],
    [240, 320],
  ]);
});
