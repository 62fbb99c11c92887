import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openSound } from '../../../../shared/engine/frames/audio.ts';
import { writeClip } from '../../../support/clip.ts';
import { wavOf } from '../../../support/sensor.ts';
import { tempFolder } from '../../../support/temp.ts';

const rate = 44_100;
const tone = Float32Array.from({ length: rate * 2 }, (_, i) => 0.5 * Math.sin((2 * Math.PI * 440 * i) / rate));

function write(bytes: Buffer): string {
  const file = path.join(tempFolder(), 'a.wav');
  writeFileSync(file, bytes);
  return file;
}

async function read(file: string, sampleRate = 16_000) {
  const complaints: string[] = [];
  const reader = await openSound(
    { from: 'file', url: file, shown: file, sampleRate, onUndecodable: (m) => complaints.push(m) },
    new AbortController().signal,
  );
  const samples: number[] = [];
  for (let piece = await reader.next(); piece; piece = await reader.next()) samples.push(...piece);
  await reader.close();
  return { samples, complaints };
}

test('a tone comes out at the wanted rate with its length, pitch and loudness', async () => {
  const { samples, complaints } = await read(write(wavOf(tone, rate)));
  expect(complaints).toEqual([]);
  expect(Math.abs(samples.length - 32_000)).toBeLessThan(64);
  const middle = samples.slice(8000, 24_000);
  const crossings = middle.filter((v, i) => i > 0 && v >= 0 && (middle[i - 1] ?? 0) < 0).length;
  expect(Math.abs(crossings - 440)).toBeLessThan(3);
  expect(Math.max(...middle)).toBeCloseTo(0.5, 1);
});

test('a file of the wanted rate comes through as it is', async () => {
  const ramp = Float32Array.from({ length: 4000 }, (_, i) => (i % 200) / 400 - 0.25);
  const { samples } = await read(write(wavOf(ramp, 16_000)));
  expect(samples).toHaveLength(4000);
  for (const [i, v] of samples.entries()) expect(Math.abs(v - (ramp[i] ?? 0))).toBeLessThan(1e-4);
});

test('cut off: what is there is read', async () => {
  const file = write(wavOf(tone, rate));
  truncateSync(file, 44 + rate * 2);
  const { samples } = await read(file);
  expect(Math.abs(samples.length - 16_000)).toBeLessThan(64);
});

test('no such file, garbage, and a clip without sound are told with the reason', async () => {
  await expect(read('/nowhere/a.wav')).rejects.toMatchObject({ code: 'source-open' });
  await expect(read(write(Buffer.alloc(5000, 'lorem ipsum ')))).rejects.toMatchObject({
    message: expect.stringContaining('a.wav'),
  });
  const clip = await writeClip(tempFolder(), { frames: 5 });
  await expect(read(clip)).rejects.toMatchObject({
    code: 'source-open',
    message: expect.stringContaining('has no sound'),
  });
});
