import { expect, test } from 'vitest';
import {
  audioInput,
  imageInput,
  imageInputOf,
  isImageInput,
  isWindowInput,
  modelInput,
  modelManifest,
  packagePath,
  windowInput,
} from '../../../shared/contract/model-manifest.ts';
import { complaints } from './config/complaints.ts';

const picture = { width: 8, height: 8 };
const window = { window: 8, channels: ['a', 'b'], rateHz: 1 };
const sound = { sampleRate: 16_000, window: 512 };
const manifest = {
  name: 'm',
  version: '1.0.0',
  task: 'detect',
  license: 'MIT',
  input: picture,
  head: { kind: 'yolox' },
  labels: ['a'],
  variants: [{ file: 'a.onnx', precision: 'fp32' }],
};

test('what is not said has its default', () => {
  expect(modelManifest.parse(manifest)).toEqual({
    ...manifest,
    input: {
      ...picture,
      layout: 'nchw',
      color: 'rgb',
      resize: 'letterbox',
      pad: 114,
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
    threshold: 0.3,
    iou: 0.45,
    golden: [],
  });
  expect(windowInput.parse(window)).toEqual({ ...window, step: 1, layout: 'nwc', detrend: false, mean: [0], std: [1] });
  const golden = [{ input: 'g/0.png', output: 'g/0.json' }];
  expect(modelManifest.parse({ ...manifest, golden }).golden).toEqual([{ ...golden[0], boxIou: 0.9, score: 0.05 }]);
  const head = { kind: 'yolox', strides: [8] };
  expect(modelManifest.parse({ ...manifest, head }).head).toEqual(head);
});

test.each([
  ['0.0.0', true],
  ['10.20.30', true],
  ['1.0.0-rc.1', true],
  ['1.0.0+build.5', true],
  ['1.0.0-rc-1+b', true],
  ['1.0', false],
  ['1.0.0.0', false],
  ['01.0.0', false],
  ['1.02.0', false],
  ['1.0.03', false],
  ['v1.0.0', false],
  ['1.0.0-', false],
  ['1.0.0+', false],
  ['1.0.0 ', false],
  ['', false],
])('version %s: %s', (version, good) => {
  const reported = ['version: must be a semantic version such as 1.0.0'];
  expect(complaints(modelManifest, { ...manifest, version })).toEqual(good ? [] : reported);
});

test.each([
  ['a', true],
  ['golden/0.png', true],
  ['a..b/c...d', true],
  ['..a', true],
  ['/etc/passwd', false],
  ['..', false],
  ['../a', false],
  ['a/../b', false],
  ['a/..', false],
  ['a\\b', false],
  ['a\0b', false],
])('a path in the package, %j: %s', (path, good) => {
  expect(complaints(packagePath, path)).toEqual(good ? [] : [': must be a relative path inside the package']);
});

test('mean and std: a number for each channel, and no division by zero', () => {
  for (const [schema, input, counts] of [
    [imageInput, picture, [1, 3]],
    [windowInput, window, [1, 2]],
  ] as const) {
    for (const key of ['mean', 'std']) {
      for (const length of [1, 2, 3, 4]) {
        const found = complaints(schema, { ...input, [key]: new Array(length).fill(2) });
        const good = (counts as readonly number[]).includes(length);
        expect(found, `${key} of ${length}`).toEqual(
          good ? [] : [expect.stringMatching(new RegExp(`^${key}: needs one number per channel`))],
        );
      }
    }
    expect(complaints(schema, { ...input, std: [0] })).toEqual(['std: must not be 0']);
    expect(complaints(schema, { ...input, mean: [0] })).toEqual([]);
    expect(complaints(schema, { ...input, std: [-1] })).toEqual([]);
  }
  expect(complaints(imageInput, { ...picture, std: [1, 0, 1] })).toEqual(['std: must not be 0']);
  expect(complaints(windowInput, { ...window, std: [1, 0] })).toEqual(['std: must not be 0']);
});

test('a channel is named once', () => {
  expect(complaints(windowInput, { ...window, channels: ['a', 'a'] })).toEqual(['channels: names a channel twice']);
  expect(complaints(windowInput, { ...window, channels: ['a', 'A'] })).toEqual([]);
});

test('the kind of input is told by the key that only it has', () => {
  const kinds = [picture, window, sound].map((input) => modelInput.parse(input));
  expect(kinds.map(isImageInput)).toEqual([true, false, false]);
  expect(kinds.map(isWindowInput)).toEqual([false, true, false]);
  expect(kinds[2]).toEqual(audioInput.parse(sound));
  const [image, series] = kinds;
  if (!image || !series) throw new Error('no input');
  expect(imageInputOf({ name: 'm', input: image })).toBe(image);
  expect(() => imageInputOf({ name: 'm', input: series })).toThrow(new RangeError('m takes no pictures'));
  for (const nothing of [null, undefined, 'big', 7, []]) expect(modelInput.safeParse(nothing).success).toBe(false);
  expect(complaints(modelManifest, { ...manifest, input: { ...sound, window: 1 } })).toEqual([
    expect.stringMatching(/^input\.window: /),
  ]);
});
