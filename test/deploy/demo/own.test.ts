import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ownClip, ownModel } from '../../../deploy/demo/own.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { builtFile } from '../../support/built.ts';
import { writeClip } from '../../support/clip.ts';
import { writeConvPackage } from '../../support/conv-net.ts';
import { brightModel, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

const entry = builtFile('cloud-hub/model-init/init-child.js');

async function bring(folder: string, given: string) {
  const overrides: string[] = [];
  const clip = path.join(folder, 'clip.mp4');
  if (!existsSync(clip)) await writeClip(folder, { frames: 12, width: 64, height: 64 });
  const options = { dir: path.join(folder, 'models'), clip, threads: 1, clock: systemClock, entry };
  const own = await ownModel(given, { ...options, print: (line) => overrides.push(line) });
  return { ...own, overrides };
}

test('a package is used as it is; a model that finds no objects has none', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'bright'));
  expect(await bring(folder, dir)).toEqual({ dir, objects: ['person'], overrides: [] });
  const classes = writeConvPackage(path.join(folder, 'conv'));
  expect(await bring(folder, classes)).toEqual({ dir: classes, objects: undefined, overrides: [] });
});

test('a bare ONNX file becomes a package once; the same file again is the same package', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'Bright.onnx');
  // YOLOX's layout with the strides 8, 16 and 32 would have 84 cells; this one has the 64 of stride 8.
  writeFileSync(file, brightModel());
  const first = await bring(folder, file);
  expect(first.objects).toEqual(['object']);
  expect(first.overrides.join('\n')).toMatch(/\? labels +1: object \(the graph has 1 without names/);
  expect(readdirSync(path.join(folder, 'models'))).toEqual([expect.stringMatching(/^Bright-[0-9a-f]{12}$/)]);
  expect(await bring(folder, file)).toEqual({ dir: first.dir, objects: ['object'], overrides: [] });
});

test('what is missing or of no use is refused', async () => {
  const folder = tempFolder();
  await expect(ownClip(path.join(folder, 'no.mp4'))).rejects.toThrow(/no\.mp4: No such file or directory/);
  await expect(bring(folder, path.join(folder, 'no.onnx'))).rejects.toThrow(/no\.onnx: there is no such file/);
  await expect(bring(folder, path.join(folder, 'no'))).rejects.toThrow(/model\.yaml: cannot be read/);
  const dir = writeBrightPackage(path.join(folder, 'bright'));
  writeFileSync(path.join(dir, 'fp32.onnx'), 'no model');
  await expect(bring(folder, dir)).rejects.toMatchObject({ code: 'model-invalid' });
  mkdirSync(path.join(folder, 'pictures'));
  expect(await ownClip(path.join(folder, 'pictures'))).toBe(path.join(folder, 'pictures'));
});
