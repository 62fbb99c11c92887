import { expect, test } from 'vitest';
import { imageInput } from '../../../../shared/contract/model-manifest.ts';
import { fitFrame } from '../../../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../../../shared/engine/preprocess/tensor.ts';
import { inOrder } from '../../../support/pixels.ts';

/** Two pixels side by side: (10, 20, 30) and (40, 50, 60) in RGB. */
const pixels = Uint8Array.of(10, 20, 30, 40, 50, 60);

function write(input: Record<string, unknown>, bytes = pixels): number[] {
  const parsed = imageInput.parse({ width: 2, height: 2, resize: 'letterbox', pad: 114, ...input });
  const writer = createTensorWriter(parsed);
  const out = new Float32Array(writer.size).fill(-1);
  writer.write(inOrder(bytes, writer.order), fitFrame(2, 1, parsed), out);
  return [...out];
}

test('rgb nchw: planes one after the other, the rest is padded', () => {
  expect(write({ color: 'rgb' })).toEqual([10, 40, 114, 114, 20, 50, 114, 114, 30, 60, 114, 114]);
});

test('bgr nhwc: channels of a pixel together, blue first', () => {
  expect(write({ color: 'bgr', layout: 'nhwc' })).toEqual([30, 20, 10, 60, 50, 40, 114, 114, 114, 114, 114, 114]);
});

test('mean and std go by the order of `color`, and the pad value is normalised too', () => {
  const bgr = write({ color: 'bgr', mean: [1, 2, 3], std: [2, 4, 8], pad: 114 });
  expect(bgr.slice(0, 2)).toEqual([(30 - 1) / 2, (60 - 1) / 2]);
  expect(bgr.slice(4, 6)).toEqual([(20 - 2) / 4, (50 - 2) / 4]);
  expect(bgr[2]).toBe((114 - 1) / 2);
  expect(bgr[10]).toBe((114 - 3) / 8);
});

test('rgb nhwc: mean and std of each channel in turn', () => {
  const out = write({ color: 'rgb', layout: 'nhwc', mean: [1, 2, 3], std: [2, 4, 8] });
  expect(out.slice(0, 6)).toEqual([9 / 2, 18 / 4, 27 / 8, 39 / 2, 48 / 4, 57 / 8]);
  expect(out.slice(6, 9)).toEqual([113 / 2, 112 / 4, 111 / 8]);
});

test('a frame narrower than the input goes row by row', () => {
  const input = imageInput.parse({ width: 3, height: 2, color: 'rgb', resize: 'letterbox', pad: 0 });
  const fit = fitFrame(2, 2, input);
  const writer = createTensorWriter(input);
  const out = new Float32Array(writer.size).fill(-1);
  writer.write(
    inOrder(
      Uint8Array.from({ length: 12 }, (_, i) => i + 1),
      writer.order,
    ),
    fit,
    out,
  );
  expect([...out]).toEqual([1, 4, 0, 7, 10, 0, 2, 5, 0, 8, 11, 0, 3, 6, 0, 9, 12, 0]);
});

test('gray', () => {
  expect(write({ color: 'gray', mean: [0], std: [1] }, Uint8Array.of(7, 9))).toEqual([7, 9, 114, 114]);
});

test('centred letterbox pads both sides', () => {
  expect(write({ color: 'gray', resize: 'letterbox-center', height: 3 }, Uint8Array.of(7, 9))).toEqual([
    114, 114, 7, 9, 114, 114,
  ]);
});

test('too few pixels are refused instead of read as zero', () => {
  expect(() => write({ color: 'rgb' }, Uint8Array.of(1, 2))).toThrow(RangeError);
});
