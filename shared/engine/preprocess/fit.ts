/** How a frame is fitted into a model's input, and how boxes come back (ARCHITECTURE 3.1 `resize`). */

import type { ImageInput } from '../../contract/model-manifest.ts';
import type { Box, Point } from '../../contract/names.ts';

/** Where the scaled frame lies in the input, in input pixels, and input pixels per frame pixel on each axis. */
export interface Fit {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly scaleX: number;
  readonly scaleY: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
}

/**
 * - `letterbox`: scaled evenly, at the top left, as YOLOX does (github.com/Megvii-BaseDetection/YOLOX, `preproc`);
 * - `letterbox-center`: the same, centred, as Ultralytics does;
 * - `stretch`: each axis on its own.
 */
export function fitFrame(frameWidth: number, frameHeight: number, input: ImageInput): Fit {
  const ratio = Math.min(input.width / frameWidth, input.height / frameHeight);
  const even = input.resize !== 'stretch';
  const scaleX = even ? ratio : input.width / frameWidth;
  const scaleY = even ? ratio : input.height / frameHeight;
  // The small term keeps a product such as 767.9999999 from losing a whole pixel.
  const width = Math.max(1, Math.floor(frameWidth * scaleX + 1e-6));
  const height = Math.max(1, Math.floor(frameHeight * scaleY + 1e-6));
  const centred = input.resize === 'letterbox-center';
  return {
    left: centred ? Math.floor((input.width - width) / 2) : 0,
    top: centred ? Math.floor((input.height - height) / 2) : 0,
    width,
    height,
    scaleX,
    scaleY,
    frameWidth,
    frameHeight,
  };
}

/** Corners in input pixels to a box in fractions of the frame, cut at the frame's edges. */
export function toFrameBox(fit: Fit, x1: number, y1: number, x2: number, y2: number): Box {
  const left = clamp01((x1 - fit.left) / fit.scaleX / fit.frameWidth);
  const top = clamp01((y1 - fit.top) / fit.scaleY / fit.frameHeight);
  const right = clamp01((x2 - fit.left) / fit.scaleX / fit.frameWidth);
  const bottom = clamp01((y2 - fit.top) / fit.scaleY / fit.frameHeight);
  return [left, top, Math.max(0, right - left), Math.max(0, bottom - top)];
}

/** A point in input pixels as fractions of the frame, to a hundred-thousandth; one outside of the frame lies on its edge. */
export function toFramePoint(fit: Fit, x: number, y: number): Point {
  const share = (value: number) => Math.round(clamp01(value) * 1e5) / 1e5;
  return [share((x - fit.left) / fit.scaleX / fit.frameWidth), share((y - fit.top) / fit.scaleY / fit.frameHeight)];
}

function clamp01(value: number): number {
  return Math.min(1, Math.max(0, value));
}
