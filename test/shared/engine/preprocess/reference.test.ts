/** Tensors against the formula of the manifest, written straight down, for every way in which a picture may lie. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ImageInput, imageInput } from '../../../../shared/contract/model-manifest.ts';
import { type Fit, fitFrame, toFrameBox } from '../../../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../../../shared/engine/preprocess/tensor.ts';
import { inOrder } from '../../../support/pixels.ts';

/** `value = (pixel - mean) / std`, the channels in the order of `color`, the pad value where no frame is. */
function reference(input: ImageInput, fit: Fit, rgb: Uint8Array): Float32Array {
  const channels = input.color === 'gray' ? 1 : 3;
  const values: number[] = [];
  const at = (c: number, y: number, x: number): number => {
    const [inX, inY] = [x - fit.left, y - fit.top];
    const isInside = inX >= 0 && inX < fit.width && inY >= 0 && inY < fit.height;
    const channel = input.color === 'bgr' ? 2 - c : c;
    const pixel = isInside ? (rgb[(inY * fit.width + inX) * channels + channel] ?? Number.NaN) : input.pad;
    const mean = input.mean[c] ?? input.mean[0] ?? Number.NaN;
    const std = input.std[c] ?? input.std[0] ?? Number.NaN;
    return (Math.fround(pixel) - mean) / std;
  };
  const each = (n: number) => Array.from({ length: n }, (_, i) => i);
  if (input.layout === 'nchw') {
    for (const c of each(channels))
      for (const y of each(input.height)) for (const x of each(input.width)) values.push(at(c, y, x));
  } else {
    for (const y of each(input.height))
      for (const x of each(input.width)) for (const c of each(channels)) values.push(at(c, y, x));
  }
  return Float32Array.from(values);
}

const size = fc.integer({ min: 1, max: 9 });
const three = (value: fc.Arbitrary<number>) =>
  fc.oneof(
    value.map((v) => [v]),
    fc.array(value, { minLength: 3, maxLength: 3 }),
  );
const manifest = fc.record({
  width: size,
  height: size,
  layout: fc.constantFrom('nchw' as const, 'nhwc' as const),
  color: fc.constantFrom('rgb' as const, 'bgr' as const, 'gray' as const),
  resize: fc.constantFrom('letterbox' as const, 'letterbox-center' as const, 'stretch' as const),
  pad: fc.integer({ min: 0, max: 255 }),
  mean: three(fc.constantFrom(0, 0, 1, 127.5)),
  std: three(fc.constantFrom(1, 1, 2, 58.5)),
});

test('every layout, colour and way to fit, byte by byte', () => {
  fc.assert(
    fc.property(
      manifest,
      size,
      size,
      fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
      (fields, frameWidth, frameHeight, stream) => {
        const input = imageInput.parse(fields);
        const channels = input.color === 'gray' ? 1 : 3;
        const fit = fitFrame(frameWidth, frameHeight, input);
        const rgb = Uint8Array.from({ length: fit.width * fit.height * channels }, () => stream.next().value ?? 0);
        const writer = createTensorWriter(input);
        expect(writer.size).toBe(input.width * input.height * channels);
        expect(writer.order).toBe(channels === 1 ? 'gray' : input.layout === 'nchw' ? 'planes' : input.color);
        const out = new Float32Array(writer.size).fill(-7);
        const pixels = inOrder(rgb, writer.order);
        writer.write(pixels, fit, out);
        expect(out).toEqual(reference(input, fit, rgb));
        // The next frame finds nothing of this one.
        writer.write(
          pixels.map((plane) => new Uint8Array(plane.length)),
          fit,
          out,
        );
        expect(out).toEqual(reference(input, fit, new Uint8Array(rgb.length)));
        // One byte too few in any plane is refused.
        for (const [i, plane] of pixels.entries()) {
          const short = pixels.map((p, k) => (k === i ? plane.subarray(1) : p));
          expect(() => writer.write(short, fit, out)).toThrow(RangeError);
        }
        expect(() => writer.write([], fit, out)).toThrow(RangeError);
      },
    ),
    { numRuns: 300 },
  );
});

const side = fc.integer({ min: 1, max: 5000 });

test('the frame keeps its shape unless it is stretched, fills one axis, and lies where it is said', () => {
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 1, max: 1000 }),
      fc.integer({ min: 1, max: 1000 }),
      (frameWidth, frameHeight, width, height) => {
        const fitted = (resize: ImageInput['resize']) =>
          fitFrame(frameWidth, frameHeight, imageInput.parse({ width, height, resize }));
        const [corner, centre, stretch] = [fitted('letterbox'), fitted('letterbox-center'), fitted('stretch')];
        expect(stretch).toEqual({
          left: 0,
          top: 0,
          width,
          height,
          scaleX: width / frameWidth,
          scaleY: height / frameHeight,
          frameWidth,
          frameHeight,
        });
        const ratio = Math.min(width / frameWidth, height / frameHeight);
        expect([corner.scaleX, corner.scaleY, corner.left, corner.top]).toEqual([ratio, ratio, 0, 0]);
        expect(corner.width === width || corner.height === height).toBe(true);
        // At most a pixel less than the exact size, never none.
        expect(corner.width).toBe(Math.max(1, Math.floor(frameWidth * ratio + 1e-6)));
        expect(corner.height).toBe(Math.max(1, Math.floor(frameHeight * ratio + 1e-6)));
        expect(centre).toEqual({
          ...corner,
          left: Math.floor((width - corner.width) / 2),
          top: Math.floor((height - corner.height) / 2),
        });
      },
    ),
  );
});

test('a box outside of the frame is nothing at its edge, and one turned inside out has no size', () => {
  const fit = fitFrame(100, 50, imageInput.parse({ width: 100, height: 100, resize: 'letterbox-center' }));
  expect(fit).toMatchObject({ left: 0, top: 25, width: 100, height: 50 });
  expect(toFrameBox(fit, 0, 25, 100, 75)).toEqual([0, 0, 1, 1]);
  expect(toFrameBox(fit, -50, 0, 50, 50)).toEqual([0, 0, 0.5, 0.5]);
  expect(toFrameBox(fit, 50, 50, 150, 100)).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect(toFrameBox(fit, 10, 0, 20, 24)).toEqual([0.1, 0, 0.1, 0]);
  expect(toFrameBox(fit, 20, 60, 10, 50)).toEqual([0.2, 0.7, 0, 0]);
});
