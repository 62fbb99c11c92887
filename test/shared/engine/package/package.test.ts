import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { openEngine } from '../../../../shared/engine/engine.ts';
import { chooseVariant, loadVariant, readPackage } from '../../../../shared/engine/package/package.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { type BrightOptions, writeBrightPackage } from '../../../support/onnx.ts';
import { tempFolder } from '../../../support/temp.ts';

const bright = (manifest: Record<string, unknown> = {}, options: BrightOptions = {}) =>
  writeBrightPackage(path.join(tempFolder(), 'm'), options, manifest);

const open = (dir: string) => openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);

test('a good package opens and names its model by digest', async () => {
  const pack = await readPackage(bright());
  const loaded = await loadVariant(pack, chooseVariant(pack.manifest, 'auto'));
  expect(loaded.graph.inputs).toEqual([{ name: 'images', type: 'float32', shape: [1, 3, 64, 64] }]);
  expect(loaded.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  const engine = await open(pack.dir);
  expect(engine.model).toEqual({ name: 'bright', version: '1.0.0', digest: loaded.digest, variant: 'fp32' });
  await engine.close();
});

const contradictions: [Record<string, unknown>, string][] = [
  [{ input: { width: 32, height: 64 } }, 'input.width says 32, the graph says 64 in "images" [1, 3, 64, 64]'],
  [{ input: { width: 64, height: 64, color: 'gray' } }, 'input.color says gray (1 channels), nchw, the graph says 3'],
  [{ input: { width: 64, height: 64, layout: 'nhwc' } }, 'the graph says'],
  [{ head: { kind: 'yolox', strides: [8, 16] } }, 'head.strides says 80 anchors, the graph says 64'],
  [{ labels: ['a', 'b'] }, 'labels says 2 labels (7 columns), the graph says 6'],
  [{ head: { kind: 'yolov99' } }, 'head.kind says "yolov99"; known are: '],
  [{ head: { kind: 'yolox', strides: 'many' } }, 'head.strides'],
  [{ task: 'embed' }, 'task says "embed"'],
];

test.each(contradictions)('a manifest that contradicts its graph is refused: %j', async (manifest, message) => {
  await expect(open(bright(manifest))).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringContaining(message),
  });
});

const manifests: [Record<string, unknown>, string][] = [
  [{ version: 'one' }, 'version: must be a semantic version such as 1.0.0; found "one"'],
  [{ colour: 'red' }, 'colour: unknown key'],
  [
    { variants: [{ file: '../../etc/passwd', precision: 'fp32' }] },
    'variants[0].file: must be a relative path inside the package',
  ],
  [{ input: { width: 64, height: 64, std: [0, 1, 1] } }, 'input.std: must not be 0'],
  [{ labels: 'labels.txt' }, 'labels.txt: cannot be read'],
];

test.each(manifests)('a wrong manifest is refused with its field: %j', async (manifest, message) => {
  await expect(readPackage(bright(manifest))).rejects.toThrow(message);
});

test('a truncated, empty or foreign model file is refused before the runtime sees it', async () => {
  for (const damage of [
    (f: string) => truncateSync(f, 300),
    (f: string) => truncateSync(f, 0),
    (f: string) => writeFileSync(f, 'no model'),
  ]) {
    const dir = bright();
    damage(path.join(dir, 'fp32.onnx'));
    await expect(open(dir)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('fp32.onnx'),
    });
  }
});

test('a model whose data lies in another file is refused', async () => {
  const dir = bright();
  const file = path.join(dir, 'fp32.onnx');
  const model = onnxProto.onnx.ModelProto.decode(readFileSync(file));
  const tensor = model.graph?.initializer?.[0];
  if (!tensor) throw new Error('the model has initializers');
  tensor.dataLocation = 1;
  tensor.externalData = [{ key: 'location', value: 'weights.bin' }];
  writeFileSync(file, onnxProto.onnx.ModelProto.encode(model).finish());
  await expect(open(dir)).rejects.toThrow(/keeps its data in another file/);
});

test('a folder without model.yaml, and a wanted variant that is not there', async () => {
  const empty = path.join(tempFolder(), 'empty');
  mkdirSync(empty);
  await expect(readPackage(empty)).rejects.toThrow(/model\.yaml: cannot be read/);
  await expect(openEngine({ dir: bright(), variant: 'int8', threads: 1 }, systemClock)).rejects.toThrow(
    'has no variant "int8"; it has: fp32',
  );
});
