import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { createDrawer } from '../../../agent/commands/infer-drawing.ts';
import { allocFrame, openVideo } from '../../../shared/engine/frames/reader.ts';
import { writeClip } from '../../support/clip.ts';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const clip = (folder: string) => writeClip(folder, { frames: 6, width: 320, height: 240 });

/** Results of every second frame, with a box on the right that moves down. */
function addResults(drawer: Awaited<ReturnType<typeof createDrawer>>): void {
  for (const frame of [0, 2, 4]) {
    const objects = [
      { label: 'person', score: 0.9, box: [0.5, 0.2 + frame / 10, 0.25, 0.1] as [number, number, number, number] },
    ];
    drawer.add({ frame, ptsMs: frame * 100, objects, outcome: { task: 'detect', detections: objects } });
  }
}

async function colourAt(jpeg: string | Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return [0, 1, 2].map((c) => data[(y * info.width + x) * info.channels + c] ?? 0);
}

test('a folder gets a JPEG per analysed frame, with its own box', async () => {
  const folder = tempFolder();
  const target = path.join(folder, 'pictures');
  const drawer = await createDrawer(await clip(folder), target);
  addResults(drawer);
  expect(await drawer.finish()).toBe(3);
  expect(readdirSync(target).toSorted()).toEqual(['000000.jpg', '000002.jpg', '000004.jpg']);
  for (const frame of [0, 2, 4]) {
    const picture = path.join(target, `00000${frame}.jpg`);
    expect(await sharp(picture).metadata()).toMatchObject({ width: 320, height: 240 });
    // The lower side of the box is coloured, what is below it is not.
    const bottom = Math.round((0.3 + frame / 10) * 240);
    const spread = ([r = 0, g = 0, b = 0]: number[]) => Math.max(r, g, b) - Math.min(r, g, b);
    expect(spread(await colourAt(picture, 200, bottom))).toBeGreaterThan(40);
    expect(spread(await colourAt(picture, 200, bottom + 10))).toBeLessThan(30);
  }
});

test('a video has a frame per analysed frame, each at its time', async () => {
  const folder = tempFolder();
  const target = path.join(folder, 'boxes.mp4');
  const drawer = await createDrawer(await clip(folder), target);
  addResults(drawer);
  expect(await drawer.finish()).toBe(3);
  const reader = await openVideo(
    { from: 'file', url: target, shown: target, waits: false },
    { onUndecodable: () => undefined },
  );
  const frame = allocFrame();
  const times: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) times.push(await reader.next(frame));
  expect(times).toEqual([0, 200, 400, undefined]);
  expect(reader.info).toMatchObject({ width: 320, height: 240, decoder: expect.stringContaining('h264') });
  frame.free();
  reader.close();
});

test('what cannot be read twice or written is refused before the model runs', async () => {
  const folder = tempFolder();
  const file = await clip(folder);
  for (const source of ['rtsp://127.0.0.1/a', '-', 'test:testsrc2', '/dev/video0'])
    await expect(createDrawer(source, path.join(folder, 'o.mp4'))).rejects.toThrow(/--draw reads its source twice/);
  await expect(createDrawer(path.join(folder, 'no.mp4'), folder)).rejects.toMatchObject({ code: 'source-open' });
  await expect(createDrawer(file, path.join(folder, 'none', 'o.mp4'))).rejects.toThrow(/--draw .*o\.mp4: ENOENT/);
  writeFileSync(path.join(folder, 'file'), '');
  await expect(createDrawer(file, path.join(folder, 'file'))).rejects.toThrow(/--draw .*file: EEXIST/);
  const two = await runProgram('agent/main.js', ['infer', '--model', 'm', '--source', file, file, '--draw', folder]);
  expect(two).toMatchObject({ code: 1, stderr: expect.stringContaining('--draw takes one --source') });
});
