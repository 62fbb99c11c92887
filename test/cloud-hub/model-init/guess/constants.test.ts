/** Exports with inputs beside the picture: what they are is known by their names, and by nothing else. */
import { expect, test } from 'vitest';
import { guessManifest, manifestOf } from '../../../../cloud-hub/model-init/guess/guess.ts';
import { type Exported, exported } from './exports.ts';

const manifest = (of: Exported) => manifestOf(guessManifest(exported(of), { name: 'm' }));
const rows = { 'multiclass_nms3_0.tmp_0': [undefined, 6], 'multiclass_nms3_0.tmp_2': [undefined] };
const paddle = { kind: 'final-boxes', columns: ['label', 'score', 'box'] };
const lists = { labels: [1, 300], boxes: [1, 300, 4], scores: [1, 300] };

test.each<[string, Exported, object, object]>([
  [
    'RT-DETR of PaddleDetection',
    {
      input: [undefined, 3, 480, 640],
      more: { im_shape: [undefined, 2], scale_factor: [undefined, 2] },
      outputs: rows,
    },
    { width: 640, height: 480, std: [255, 255, 255], constants: { im_shape: [480, 640], scale_factor: [1, 1] } },
    paddle,
  ],
  [
    'PP-YOLOE and PicoDet with post-processing',
    { more: { scale_factor: [undefined, 2] }, outputs: rows },
    { mean: [123.675, 116.28, 103.53], constants: { scale_factor: [1, 1] } },
    paddle,
  ],
  [
    'RT-DETR and D-FINE, deployed',
    { input: [undefined, 3, 480, 640], more: { orig_target_sizes: [undefined, 2] }, outputs: lists },
    { constants: { orig_target_sizes: [640, 480] } },
    { kind: 'final-boxes' },
  ],
])('%s', (_name, of, input, head) => {
  expect(manifest(of)).toMatchObject({ input, head });
});

test('a graph that takes the picture alone has no constants', () => {
  expect(manifest({ outputs: { output0: [1, 84, 8400] } }).input).not.toHaveProperty('constants');
});

test('an input that nobody knows is refused by its name, with what to do', () => {
  expect(() => manifest({ more: { tokens: [1, 77] }, outputs: lists })).toThrow(
    /takes "tokens" float32 \[1, 77\] beside the picture, and its name does not say what it is .*input\.constants/,
  );
});
