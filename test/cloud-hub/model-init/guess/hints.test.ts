import { expect, test } from 'vitest';
import { hintsOf } from '../../../../cloud-hub/model-init/guess/hints.ts';

const NONE = { ultralytics: false, rtdetr: false };

test("what Ultralytics' exporter leaves", () => {
  const metadata = new Map([
    ['description', 'Ultralytics YOLO11n model trained on /ultralytics/cfg/datasets/coco8.yaml'],
    ['author', 'Ultralytics'],
    ['license', 'AGPL-3.0 License (https://ultralytics.com/license)'],
    ['stride', '32'],
    ['task', 'detect'],
    ['imgsz', '[480, 640]'],
    ['names', "{0: 'person', 1: 'bicycle'}"],
  ]);
  expect(hintsOf(metadata)).toEqual({
    labels: ['person', 'bicycle'],
    size: { width: 640, height: 480 },
    task: 'detect',
    license: 'AGPL-3.0 License (https://ultralytics.com/license)',
    ultralytics: true,
    rtdetr: false,
  });
});

test('keypoints and their names, where both agree', () => {
  const of = (kpt_shape: string, kpt_names: string) => hintsOf(new Map(Object.entries({ kpt_shape, kpt_names })));
  const two = { ...NONE, keypoints: [2, 3] };
  expect(of('[2, 3]', "{0: ['nose', 'tail']}")).toEqual({ ...two, keypointNames: ['nose', 'tail'] });
  expect(of('[2, 3]', "['nose', 'tail']")).toEqual({ ...two, keypointNames: ['nose', 'tail'] });
  for (const names of ["{0: ['nose']}", '', '[1, 2]', `['nose', '${'x'.repeat(65)}']`])
    expect(of('[2, 3]', names)).toEqual(two);
  expect(of('[513, 3]', "['nose']")).toEqual(NONE);
});

test("ONNX's own fields of pictures", () => {
  const metadata = new Map([
    ['Image.BitmapPixelFormat', 'Bgr8'],
    ['Image.NominalPixelRange', 'Normalized_1_1'],
  ]);
  expect(hintsOf(metadata)).toEqual({ ...NONE, color: 'bgr', range: '-1-1' });
});

test.each<[string, string, object]>([
  ['names', '["a", "b"]', { labels: ['a', 'b'] }],
  ['classes', "['a  b']", { labels: ['a b'] }],
  ['names', "{1: 'a', 2: 'b'}", {}],
  ['names', "{0: 'a', 1: ''}", {}],
  ['names', '[1, 2]', {}],
  ['names', '[]', {}],
  ['names', 'person', {}],
  ['imgsz', '640', { size: { width: 640, height: 640 } }],
  ['imgsz', '[0, 640]', {}],
  ['imgsz', '[64000, 640]', {}],
  ['imgsz', "['a', 'b']", {}],
  ['Image.BitmapPixelFormat', 'toString', {}],
])('%s: %s', (key, value, found) => {
  expect(hintsOf(new Map([[key, value]]))).toEqual({ ...NONE, ...found });
});
