import fc from 'fast-check';
import { expect, test } from 'vitest';
import { imageInput } from '../../../../shared/contract/model-manifest.ts';
import { fitFrame, toFrameBox, toFramePoint } from '../../../../shared/engine/preprocess/fit.ts';

const size = fc.integer({ min: 16, max: 4000 });
const resize = fc.constantFrom('letterbox' as const, 'letterbox-center' as const, 'stretch' as const);

test('the fitted frame lies inside the input and a box comes back where it was', () => {
  const unit = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(size, size, size, size, resize, unit, unit, (frameWidth, frameHeight, width, height, how, a, b) => {
      const fit = fitFrame(frameWidth, frameHeight, imageInput.parse({ width, height, resize: how }));
      expect(fit.left).toBeGreaterThanOrEqual(0);
      expect(fit.top).toBeGreaterThanOrEqual(0);
      expect(fit.left + fit.width).toBeLessThanOrEqual(width);
      expect(fit.top + fit.height).toBeLessThanOrEqual(height);
      const [x1, x2] = [Math.min(a, b), Math.max(a, b)];
      const x = (v: number) => v * frameWidth * fit.scaleX + fit.left;
      const y = (v: number) => v * frameHeight * fit.scaleY + fit.top;
      const box = toFrameBox(fit, x(x1), y(x1), x(x2), y(x2));
      expect(box[0]).toBeCloseTo(x1, 6);
      expect(box[1]).toBeCloseTo(x1, 6);
      expect(box[0] + box[2]).toBeCloseTo(x2, 6);
      expect(box[1] + box[3]).toBeCloseTo(x2, 6);
      const point = toFramePoint(fit, x(a), y(b));
      expect(point[0]).toBeCloseTo(a, 4);
      expect(point[1]).toBeCloseTo(b, 4);
    }),
  );
});

test('YOLOX letterbox: 768x576 into 416x416 keeps its shape at the top left', () => {
  const fit = fitFrame(768, 576, imageInput.parse({ width: 416, height: 416 }));
  expect(fit).toMatchObject({ left: 0, top: 0, width: 416, height: 312 });
});

test('a box is cut at the edges of the frame', () => {
  const fit = fitFrame(100, 100, imageInput.parse({ width: 100, height: 100 }));
  expect(toFrameBox(fit, -50, 20, 150, 40)).toEqual([0, 0.2, 1, 0.2]);
});

test('a box and a point lie where the letterbox has put the frame, each axis by its own', () => {
  const fit = fitFrame(200, 100, imageInput.parse({ width: 100, height: 80, resize: 'letterbox-center' }));
  expect(fit).toMatchObject({ left: 0, top: 15, width: 100, height: 50 });
  expect(toFrameBox(fit, 25, 40, 75, 65)).toEqual([0.25, 0.5, 0.5, 0.5]);
  expect(toFramePoint(fit, 25, 40)).toEqual([0.25, 0.5]);
  const tall = fitFrame(100, 200, imageInput.parse({ width: 80, height: 100, resize: 'letterbox-center' }));
  expect(tall).toMatchObject({ left: 15, top: 0, width: 50, height: 100 });
  expect(toFrameBox(tall, 40, 25, 65, 75)).toEqual([0.5, 0.25, 0.5, 0.5]);
  expect(toFramePoint(tall, 40, 25)).toEqual([0.5, 0.25]);
});

test('a point is told to a hundred-thousandth; one outside of the frame lies on its edge', () => {
  const fit = fitFrame(300, 300, imageInput.parse({ width: 300, height: 300 }));
  expect(toFramePoint(fit, 100, 200)).toEqual([0.33333, 0.66667]);
  expect(toFramePoint(fit, -1, 301)).toEqual([0, 1]);
});
