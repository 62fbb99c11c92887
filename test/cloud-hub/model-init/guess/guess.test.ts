/** Shapes and metadata of published exports ⇒ the manifest that their authors' own code amounts to. */
import { describe, expect, test } from 'vitest';
import { guessManifest, manifestOf } from '../../../../cloud-hub/model-init/guess/guess.ts';
import { COCO_91_LABELS, COCO_LABELS } from '../../../../shared/engine/labels/coco.ts';
import { IMAGENET_LABELS } from '../../../../shared/engine/labels/imagenet.ts';
import { cases } from './cases.ts';
import { type Exported, exported, names } from './exports.ts';

describe.each(Object.entries(cases))('%s', (_name, { of, head, input, labels, task = 'detect' }) => {
  test('the manifest is what its authors describe', () => {
    const guess = guessManifest(exported(of), { name: 'm' });
    expect(manifestOf(guess)).toMatchObject({ name: 'm', task, head, input });
    expect(guess.head.value).toEqual(head);
    expect(guess.labels.value).toHaveLength(labels);
  });
});

test('labels: given before metadata, metadata before known sets, placeholders last, each with its reason', () => {
  const of = (count: number, metadata = {}) => exported({ outputs: { output0: [1, 4 + count, 8400] }, metadata });
  const labels = (count: number, metadata = {}, given?: string[]) =>
    guessManifest(of(count, metadata), { name: 'm', ...(given ? { labels: { labels: given, from: 'mine' } } : {}) })
      .labels;
  expect(labels(2, { names: names(2) }, ['a', 'b'])).toEqual({ value: ['a', 'b'], sure: true, why: 'mine' });
  expect(labels(2, { names: names(2) })).toMatchObject({ value: ['thing 0', 'thing 1'], sure: true });
  expect(labels(80)).toMatchObject({ value: COCO_LABELS, sure: false });
  expect(labels(91)).toMatchObject({ value: COCO_91_LABELS, sure: false });
  expect(labels(3)).toMatchObject({ value: ['class-0', 'class-1', 'class-2'], sure: false });
  expect(() => labels(3, {}, ['a'])).toThrow('--labels gives 1 labels (mine), the graph has 3');
});

test('the known sets have as many labels as they should, at known places', () => {
  expect([COCO_LABELS.length, COCO_91_LABELS.length, IMAGENET_LABELS.length]).toEqual([80, 91, 1000]);
  // Category 90 of COCO's annotations is the toothbrush; of ImageNet's 1,000, number 281 is the tabby.
  expect([COCO_91_LABELS[1], COCO_91_LABELS[90], COCO_91_LABELS[12]]).toEqual(['person', 'toothbrush', 'none']);
  expect([IMAGENET_LABELS[0], IMAGENET_LABELS[281], IMAGENET_LABELS[999]]).toEqual(['tench', 'tabby', 'toilet tissue']);
});

test('a free size is taken from the owner, the metadata, or as most have it', () => {
  const size = (metadata = {}, overrides?: { width: number; height: number }) =>
    guessManifest(exported({ input: [1, 3, undefined, undefined], outputs: { o: [1, 10] }, metadata }), {
      name: 'm',
      ...(overrides ? { size: overrides } : {}),
    }).input.size;
  expect(size()).toMatchObject({ value: { width: 640, height: 640 }, sure: false });
  expect(size({ imgsz: '[320, 416]' })).toMatchObject({ value: { width: 416, height: 320 }, sure: true });
  expect(size({ imgsz: '[320, 416]' }, { width: 64, height: 32 })).toMatchObject({ value: { width: 64, height: 32 } });
});

test("ONNX's own fields of pictures overrule the family; whole numbers are not scaled; gray has one channel", () => {
  const classes = { outputs: { o: [1, 10] } };
  const pixels = (what: Partial<Exported>) =>
    guessManifest(exported({ ...classes, ...what }), { name: 'm' }).input.pixels;
  const metadata = { 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'Normalized_0_1' };
  expect(pixels({ metadata })).toMatchObject({
    sure: true,
    value: { color: 'bgr', mean: [0, 0, 0], std: [255, 255, 255] },
  });
  expect(pixels({ type: 'uint8' }).value).toMatchObject({ mean: [0, 0, 0], std: [1, 1, 1] });
  expect(pixels({ input: [1, 1, 28, 28] }).value).toMatchObject({ color: 'gray', mean: [123.675], std: [58.395] });
});

test('the precision of the file is that of its weights', () => {
  const precision = (what: Partial<Exported>) =>
    manifestOf(guessManifest(exported({ outputs: { o: [1, 10] }, ...what }), { name: 'm' })).variants[0];
  expect(precision({})).toEqual({ file: 'fp32.onnx', precision: 'fp32' });
  expect(precision({ weights: ['float16'] })).toEqual({ file: 'fp16.onnx', precision: 'fp16' });
  expect(precision({ operators: ['QLinearConv'] })).toEqual({ file: 'int8.onnx', precision: 'int8' });
});

describe('what cannot be guessed is refused with what there is and what to do', () => {
  const guess = (what: Exported, head?: string) =>
    guessManifest(exported(what), { name: 'm', ...(head ? { head } : {}) });

  test('several outputs that no family has', () => {
    const outputs = { a: [1, 5, 7, 9], b: [1, 3] };
    expect(() => guess({ outputs })).toThrow(
      /no family of models known here has these outputs: "a" float32 \[1, 5, 7, 9\], "b" float32 \[1, 3\]\. Known are: .*NanoDet/,
    );
  });

  test('a model that takes no picture', () => {
    expect(() => guess({ input: [1, 64, 1], outputs: { o: [1, 64, 1] } })).toThrow(
      /takes no picture: its inputs are "images" float32 \[1, 64, 1\].*train anomaly/,
    );
  });

  test('a head that does not have these outputs, and one that does', () => {
    const outputs = { o: [1, 3549, 85] };
    const input = [1, 3, 416, 416];
    expect(guess({ input, outputs }, 'raw').head).toMatchObject({ value: { kind: 'raw', output: 'o' }, sure: true });
    expect(() => guess({ input, outputs }, 'detr')).toThrow(
      /--head says detr, which has not these outputs: .*; they fit yolox, raw/,
    );
    expect(() => guess({ input, outputs }, 'yolov3')).toThrow(/--head says "yolov3"; known are: autoencoder/);
  });
});

test('number and names of keypoints come from the metadata, also of an end-to-end export', () => {
  const metadata = {
    author: 'Ultralytics',
    task: 'pose',
    kpt_shape: '[3, 2]',
    kpt_names: "{0: ['head', 'back', 'tail']}",
  };
  const dog = exported({ outputs: { output0: [1, 300, 12] }, metadata: { ...metadata, names: "{0: 'dog'}" } });
  const keypointNames = ['head', 'back', 'tail'];
  expect(guessManifest(dog, { name: 'm' })).toMatchObject({
    head: { value: { kind: 'yolo', layout: 'nms', keypoints: 3, dimensions: 2, keypointNames }, sure: true },
    labels: { value: ['dog'] },
  });
});
