import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  audioInput,
  type ImageInput,
  imageInput,
  modelManifest,
  windowInput,
} from '../../../../shared/contract/model-manifest.ts';
import {
  channelsOf,
  describeContradictions,
  inputContradictions,
  shapeText,
} from '../../../../shared/engine/package/check.ts';
import { packageFiles } from '../../../../shared/engine/package/files.ts';
import { chooseVariant, readPackage } from '../../../../shared/engine/package/package.ts';
import { inputShape } from '../../../../shared/engine/package/shape.ts';
import { writeBrightPackage } from '../../../support/onnx.ts';
import { tempFolder } from '../../../support/temp.ts';

const tensor = (...shape: (number | undefined)[]) => ({ name: 'x', type: 'float32', shape });
const graph = (...inputs: ReturnType<typeof tensor>[]) => ({ inputs, outputs: [] });
const picture = (more: object = {}) => imageInput.parse({ width: 4, height: 2, ...more });

test.each([
  [{}, tensor(1, 3, 2, 4), []],
  [{}, tensor(undefined, undefined, undefined, undefined), []],
  [{ layout: 'nhwc' }, tensor(1, 2, 4, 3), []],
  [{ color: 'gray' }, tensor(1, 1, 2, 4), []],
  [{ color: 'bgr' }, tensor(1, 3, undefined, 4), []],
  [{}, tensor(2, 3, 2, 4), ['input.layout says one picture, nchw, the graph says 2 in "x" [2, 3, 2, 4]']],
  [{}, tensor(1, 1, 2, 4), ['input.color says rgb (3 channels), nchw, the graph says 1 in "x" [1, 1, 2, 4]']],
  [
    { color: 'gray' },
    tensor(1, 3, 2, 4),
    ['input.color says gray (1 channels), nchw, the graph says 3 in "x" [1, 3, 2, 4]'],
  ],
  [{}, tensor(1, 3, 3, 4), ['input.height says 2, the graph says 3 in "x" [1, 3, 3, 4]']],
  [{}, tensor(1, 3, 2, 5), ['input.width says 4, the graph says 5 in "x" [1, 3, 2, 5]']],
  [{ layout: 'nhwc' }, tensor(1, 2, 5, 3), ['input.width says 4, the graph says 5 in "x" [1, 2, 5, 3]']],
  [{ layout: 'nhwc' }, tensor(1, 3, 4, 3), ['input.height says 2, the graph says 3 in "x" [1, 3, 4, 3]']],
  [
    { layout: 'nhwc' },
    tensor(1, 2, 4, 1),
    ['input.color says rgb (3 channels), nhwc, the graph says 1 in "x" [1, 2, 4, 1]'],
  ],
  [{}, tensor(1, 3, 2), ['input says a picture (4 axes), the graph says 3 axes in "x" [1, 3, 2]']],
  [{}, tensor(), ['input says a picture (4 axes), the graph says 0 axes in "x" []']],
])('a picture %j in the graph’s %j', (input, found, reported) => {
  expect(inputContradictions(picture(input), graph(found)).map((c) => describeContradictions([c]))).toEqual(reported);
});

test('other numbers and types of inputs; several contradictions are told together', () => {
  const reported = (...inputs: ReturnType<typeof tensor>[]) =>
    describeContradictions(inputContradictions(picture(), graph(...inputs)));
  expect(reported()).toBe('input says one picture, the graph says 0 inputs ()');
  expect(reported(tensor(1, 3, 2, 4), { ...tensor(1), name: 'y' })).toBe(
    'input says one picture, the graph says 2 inputs (x, y); say in input.constants what y is',
  );
  expect(reported({ ...tensor(1, 3, 2, 4), type: 'other' })).toBe(
    'input says pixels as numbers, the graph says other in "x"',
  );
  expect(reported(tensor(1, 3, 9, 9))).toBe(
    'input.height says 2, the graph says 9 in "x" [1, 3, 9, 9]; input.width says 4, the graph says 9 in "x" [1, 3, 9, 9]',
  );
  expect(shapeText(tensor(1, undefined, 3))).toBe('[1, ?, 3]');
  expect((['rgb', 'bgr', 'gray'] as const).map(channelsOf)).toEqual([3, 3, 1]);
});

test('the shape in which an input is fed', () => {
  const window = windowInput.parse({ window: 8, channels: ['a', 'b'], rateHz: 1 });
  const sound = audioInput.parse({ sampleRate: 16_000, window: 512 });
  expect(inputShape(picture(), graph(tensor(1, 3, 2, 4)))).toEqual([1, 3, 2, 4]);
  expect(inputShape(picture({ layout: 'nhwc', color: 'gray' }), graph(tensor()))).toEqual([1, 2, 4, 1]);
  expect(inputShape(window, graph(tensor(1, 16)))).toEqual([1, 16]);
  expect(inputShape(window, graph(tensor(undefined, 8, 2)))).toEqual([1, 8, 2]);
  expect(inputShape(sound, graph(tensor(undefined, undefined), tensor(2, 1, 128)))).toEqual([1, 512]);
  expect(inputShape(sound, graph(tensor(7)))).toEqual([1, 512]);
  expect(inputShape(sound, graph())).toEqual([1, 512]);
});

test('the files of a package: what the manifest names and what people read, each once, sorted', async () => {
  const dir = tempFolder();
  mkdirSync(path.join(dir, 'golden'));
  const read = ['README.md', 'readme.txt', 'LICENSE', 'Licence.md', 'NOTICE'];
  const left = ['README.md.bak', 'MYREADME', 'LICENSES', 'notice.pdf', 'id_rsa', 'README.mdx'];
  const named = ['model.yaml', 'a.onnx', 'b.onnx', 'labels.txt', 'golden/0.png', 'golden/0.json'];
  for (const file of [...read, ...left, ...named]) writeFileSync(path.join(dir, file), 'x');
  const manifest = (more: object = {}) =>
    modelManifest.parse({
      name: 'm',
      version: '1.0.0',
      task: 'detect',
      license: 'MIT',
      input: { width: 1, height: 1 },
      head: { kind: 'raw' },
      labels: './labels.txt',
      variants: [
        { file: './a.onnx', precision: 'fp32' },
        { file: 'b.onnx', precision: 'int8' },
        { file: 'a.onnx', precision: 'fp16' },
      ],
      golden: [{ input: 'golden/0.png', output: 'golden//0.json' }],
      ...more,
    });
  expect(await packageFiles(dir, manifest())).toEqual([...read, ...named].toSorted());
  expect(await packageFiles(dir, manifest({ labels: ['a'], golden: [] }))).toEqual(
    [...read, 'model.yaml', 'a.onnx', 'b.onnx'].toSorted(),
  );

  const refusal = (golden: string) => packageFiles(dir, manifest({ golden: [{ input: golden, output: 'a.onnx' }] }));
  symlinkSync('golden', path.join(dir, 'linked'));
  symlinkSync('a.onnx', path.join(dir, 'l.png'));
  await expect(refusal('linked/0.png')).rejects.toThrow(/linked\/0\.png: is a link; a package holds plain files only/);
  await expect(refusal('l.png')).rejects.toThrow(/l\.png: is a link/);
  await expect(refusal('golden')).rejects.toThrow(/golden: is no plain file; a package holds plain files only/);
  await expect(refusal('a.onnx/x')).rejects.toThrow(/a\.onnx\/x: is no plain file/);
  await expect(refusal('golden/1.png')).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringMatching(/golden\/1\.png: cannot be read: ENOENT/),
  });
});

test('labels in a file: one a line, whatever ends it, none of them empty', async () => {
  const labels = async (text: string) => {
    const dir = writeBrightPackage(path.join(tempFolder(), 'm'), {}, { labels: 'labels.txt' });
    writeFileSync(path.join(dir, 'labels.txt'), text);
    return (await readPackage(dir)).labels;
  };
  for (const text of ['a\nb c', 'a\r\nb c\r\n', ' a \n\tb c\n\n\n \n'])
    expect(await labels(text), JSON.stringify(text)).toEqual(['a', 'b c']);
  await expect(labels('a\n\nb\n')).rejects.toThrow(/labels\.txt: line 2 is empty; write one label per line/);
  await expect(labels('\na')).rejects.toThrow(/labels\.txt: line 1 is empty/);
  for (const nothing of ['', '\n', '  \n \n'])
    await expect(labels(nothing)).rejects.toThrow(/labels\.txt: line 1 is empty/);
});

test('a manifest: not YAML, or longer than 64 KiB, is refused; the bound itself is read', async () => {
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'));
  const file = path.join(dir, 'model.yaml');
  const { manifest } = await readPackage(dir);
  const text = JSON.stringify(manifest);
  writeFileSync(file, text.padEnd(64 * 1024, ' '));
  expect((await readPackage(dir)).manifest).toEqual(manifest);
  writeFileSync(file, text.padEnd(64 * 1024 + 1, ' '));
  await expect(readPackage(dir)).rejects.toThrow('model.yaml: 65537 bytes; at most 65536 are allowed');
  writeFileSync(file, 'a: [');
  await expect(readPackage(dir)).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringMatching(/model\.yaml: not YAML: /),
  });
});

test('what a manifest makes the parser wonder about does not reach stderr', async () => {
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'));
  const warnings: Error[] = [];
  const seen = (warning: Error) => warnings.push(warning);
  process.on('warning', seen);
  onTestFinished(() => {
    process.off('warning', seen);
  });
  writeFileSync(path.join(dir, 'model.yaml'), '%STRANGE directive\n---\nname: !odd x\n');
  await expect(readPackage(dir)).rejects.toMatchObject({ code: 'model-invalid' });
  await new Promise((done) => setImmediate(done));
  expect(warnings).toEqual([]);
});

test('the variant to run: the first of the precision that is wanted; the first of all for auto', async () => {
  const variants = [
    { file: 'a', precision: 'fp32' },
    { file: 'b', precision: 'int8' },
    { file: 'c', precision: 'int8' },
  ];
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'), {}, { variants });
  const { manifest } = await readPackage(dir);
  expect(['auto', 'fp32', 'int8'].map((wanted) => chooseVariant(manifest, wanted).file)).toEqual(['a', 'a', 'b']);
  expect(() => chooseVariant(manifest, 'fp16')).toThrow('bright has no variant "fp16"; it has: fp32, int8, int8');
});

test('whole numbers take pixels as they are, or moved by a whole number', () => {
  const reported = (input: Partial<ImageInput>, type: string) =>
    describeContradictions(inputContradictions(picture(input), graph({ ...tensor(1, 3, 2, 4), type })));
  for (const type of ['float16', 'float64', 'uint8', 'int8', 'int32', 'int64']) expect(reported({}, type)).toBe('');
  expect(reported({ std: [255, 255, 255] }, 'float16')).toBe('');
  expect(reported({ mean: [128, 128, 128] }, 'int8')).toBe('');
  expect(reported({ std: [255, 255, 255] }, 'uint8')).toBe(
    'input.mean and input.std says scaled pixels (mean 0, 0, 0; std 255, 255, 255), ' +
      'the graph says uint8 in "x", which takes them as they are: leave both out',
  );
  expect(reported({ mean: [0.5, 0, 0] }, 'uint8')).toMatch(/^input\.mean and input\.std/);
});
