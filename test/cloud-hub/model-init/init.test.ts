/** Bare ONNX files become packages that the engine opens; each graph is real, and is run. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type InitOptions, initPackage } from '../../../cloud-hub/model-init/init.ts';
import { objectsOf } from '../../../shared/engine/outcome.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { analyseLevel } from '../../support/analyse.ts';
import { transposed, writeYoloChannels } from '../../support/head-layouts.ts';
import { type LayoutExtras, layoutModel } from '../../support/layout-model.ts';
import { tempFolder } from '../../support/temp.ts';

const SIZE = 64;
const ANCHORS = 8 * 8 + 4 * 4 + 2 * 2;
const walker = { label: 1, score: 0.9, x1: 8, y1: 16, x2: 24, y2: 48 };

/** A YOLO of two labels that sees the walker in white pictures, if they are fed as 0 to `white`. */
function writeYolo(folder: string, white: number, extras: LayoutExtras = {}, declared?: (number | string)[]): string {
  const file = path.join(folder, 'My Model (v2).onnx');
  const [dark, bright] = [[], [walker]].map((things) => writeYoloChannels(things, 2, ANCHORS)) as [
    Float32Array,
    Float32Array,
  ];
  const output = { name: 'output0', shape: [1, 6, ANCHORS], dark, bright, ...(declared ? { declared } : {}) };
  writeFileSync(file, layoutModel([1, 3, SIZE, SIZE], { black: 0, white }, [output], [], extras));
  return file;
}

async function pictures(folder: string, level: number): Promise<string> {
  const background = { r: level, g: level, b: level };
  const one = sharp({ create: { width: 96, height: 96, channels: 3, background } });
  await one.png().toFile(path.join(folder, '1.png'));
  return folder;
}

function init(file: string, options: Partial<InitOptions> = {}) {
  const out = path.join(path.dirname(file), 'made');
  return initPackage({ file, out, overrides: {}, threads: 1, clock: systemClock, ...options });
}

const metadata = { author: 'Ultralytics', task: 'detect', names: "{0: 'car', 1: 'walker'}", license: 'AGPL-3.0' };

test('an export with metadata needs nothing else: the package finds what the graph says', async () => {
  const file = writeYolo(tempFolder(), 1, { metadata });
  const made = await init(file);
  expect(made.reasons.filter(({ sure }) => !sure)).toEqual([]);
  const { manifest, labels } = await readPackage(made.dir);
  expect(manifest).toMatchObject({ name: 'my-model-v2', version: '1.0.0', license: 'AGPL-3.0', task: 'detect' });
  expect(labels).toEqual(['car', 'walker']);
  expect(readdirSync(made.dir).toSorted()).toEqual(['fp32.onnx', 'labels.txt', 'model.yaml']);
  const { outcome } = await analyseLevel(made.dir, 255);
  expect(objectsOf(outcome)).toMatchObject([{ label: 'walker', score: expect.closeTo(0.9, 2) }]);
});

test('what the owner says overrules; what nobody knows is marked', async () => {
  const folder = tempFolder();
  const file = writeYolo(folder, 1);
  const guessed = await init(file);
  expect(guessed.reasons.filter(({ sure }) => !sure).map(({ field }) => field)).toEqual([
    'license',
    'input.color',
    'labels',
  ]);
  expect(readFileSync(path.join(guessed.dir, 'model.yaml'), 'utf8')).toMatch(
    /# CHECK: the graph has 2 without names.*\nlabels: labels\.txt/,
  );
  writeFileSync(path.join(folder, 'mine.txt'), 'a\nb\n');
  const overrides = {
    name: 'mine',
    version: '2.1.0',
    license: 'MIT',
    labels: path.join(folder, 'mine.txt'),
    head: 'yolo',
  };
  const { dir } = await init(file, { out: path.join(folder, 'second'), overrides });
  expect(await readPackage(dir)).toMatchObject({
    manifest: { name: 'mine', version: '2.1.0', license: 'MIT' },
    labels: ['a', 'b'],
  });
});

test('a clip shows how the model wants its pictures, and a picture of the trial is kept', async () => {
  const folder = tempFolder();
  // Ultralytics' way is 0 to 1; this one was trained on 0 to 255.
  const file = writeYolo(folder, 255);
  const made = await init(file, { clip: await pictures(folder, 255) });
  expect(made.trial?.verdict).toMatchObject({ best: { way: { name: 'rgb, 0 to 255' } }, clear: true });
  expect((await readPackage(made.dir)).manifest.input).toMatchObject({ color: 'rgb', std: [1, 1, 1] });
  const sheet = await sharp(path.join(made.dir, 'trial.jpg')).metadata();
  // Eight ways in two columns, each a picture of 96 pixels and a title.
  expect(sheet).toMatchObject({ format: 'jpeg', width: 192, height: 4 * (96 + 24) });
  expect(objectsOf((await analyseLevel(made.dir, 255)).outcome)).toHaveLength(1);
});

test('a clip without anything that the model knows changes nothing and says so', async () => {
  const folder = tempFolder();
  const made = await init(writeYolo(folder, 1), { clip: await pictures(folder, 0) });
  const pixels = made.reasons.find(({ field }) => field === 'input.color');
  expect(pixels).toMatchObject({ sure: false, why: expect.stringContaining('it finds nothing, fed any way') });
  expect((await readPackage(made.dir)).manifest.input).toMatchObject({ std: [255, 255, 255] });
});

test('sizes that the graph leaves free are seen in a run', async () => {
  const free = { declared: ['batch', 3, 'height', 'width'], metadata: { ...metadata, imgsz: `[${SIZE}, ${SIZE}]` } };
  const made = await init(writeYolo(tempFolder(), 1, free, ['batch', 6, 'anchors']));
  const { manifest } = await readPackage(made.dir);
  expect(manifest).toMatchObject({
    input: { width: SIZE, height: SIZE },
    head: { kind: 'yolo', layout: 'channels-first' },
  });
  expect(objectsOf((await analyseLevel(made.dir, 255)).outcome)).toHaveLength(1);
});

test('a size beside the picture is written down, and the package finds what the graph says', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'dfine.onnx');
  const fill = (count: number, values: number[]) => Float32Array.from({ length: count }, (_, i) => values[i] ?? 0);
  const outputs = [
    { name: 'labels', shape: [1, 50], dark: fill(50, []), bright: fill(50, [1]), type: 'int64' as const },
    { name: 'boxes', shape: [1, 50, 4], dark: fill(200, []), bright: fill(200, [0.25, 0.5, 0.75, 1]) },
    { name: 'scores', shape: [1, 50], dark: fill(50, []), bright: fill(50, [0.9]) },
  ];
  const more = [{ name: 'orig_target_sizes', shape: [1, 2], type: 'int64' as const }];
  const extras = { metadata, scaled: { output: 'boxes', by: 'orig_target_sizes' } };
  writeFileSync(file, layoutModel([1, 3, SIZE, SIZE], { black: 0, white: 1 }, outputs, more, extras));
  const { dir } = await init(file);
  expect((await readPackage(dir)).manifest.input).toMatchObject({ constants: { orig_target_sizes: [SIZE, SIZE] } });
  expect(objectsOf((await analyseLevel(dir, 255)).outcome)).toMatchObject([
    { label: 'walker', box: [0.25, 0.5, 0.5, 0.5].map((v) => expect.closeTo(v, 3)) },
  ]);
});

test('sixteen bits in and out', async () => {
  const folder = tempFolder();
  const file = path.join(folder, 'half.onnx');
  const [dark, bright] = [[], [walker]].map((things) =>
    transposed(writeYoloChannels(things, 2, ANCHORS), 6, ANCHORS),
  ) as [Float32Array, Float32Array];
  const output = { name: 'output0', shape: [1, ANCHORS, 6], dark, bright, type: 'float16' } as const;
  writeFileSync(
    file,
    layoutModel([1, 3, SIZE, SIZE], { black: 0, white: 1 }, [output], [], { inputType: 'float16', metadata }),
  );
  const made = await init(file);
  expect(objectsOf((await analyseLevel(made.dir, 255)).outcome)).toMatchObject([
    { label: 'walker', score: expect.closeTo(0.9, 2) },
  ]);
});

test('refusals name the file, say why, and leave nothing behind', async () => {
  const folder = tempFolder();
  const file = writeYolo(folder, 1);
  writeFileSync(path.join(folder, 'no.onnx'), 'no model');
  await expect(init(path.join(folder, 'no.onnx'))).rejects.toThrow(
    /no\.onnx: not a complete ONNX file|no\.onnx: .*file/,
  );
  await expect(init(path.join(folder, 'missing.onnx'))).rejects.toThrow(/missing\.onnx: cannot be read/);
  await expect(init(file, { overrides: { labels: 'nothing.txt' } })).rejects.toThrow(
    /--labels nothing\.txt: .*coco, coco91, imagenet/,
  );
  await expect(init(file, { overrides: { labels: 'coco' } })).rejects.toThrow(
    /--labels gives 80 labels.*the graph has 2/,
  );
  await expect(init(file, { overrides: { head: 'detr' } })).rejects.toThrow(/My Model \(v2\)\.onnx: --head says detr/);
  await expect(init(file, { clip: path.join(folder, 'none.mp4') })).rejects.toMatchObject({ code: 'source-open' });
  expect(existsSync(path.join(folder, 'made'))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('making'))).toEqual([]);
  await init(file);
  await expect(init(file)).rejects.toThrow(/made is there already; give another folder with --out/);
});
