/** JPEG pictures out of redacted frames: the only place that encodes one. */
import { Scaler } from 'node-av/api';
import type { Box } from '../../contract/names.ts';
import { pixelsOf, type RedactedPicture } from './redact.ts';

export interface Picture {
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface PictureMaker {
  /**
   * The part `box` (fractions of the picture) as JPEG, its longer side at most `maxSide` pixels.
   * @param quality of the JPEG, 1 to 100
   * @throws CodedError `internal` for a picture that no redaction has made
   */
  crop(picture: RedactedPicture, box: Box, maxSide: number, quality?: number): Picture;
  close(): void;
}

const JPEG_QUALITY = 80;
/** An encoder of smaller pictures than this is of no use to anybody. */
const MIN_SIDE = 16;

export function createPictureMaker(): PictureMaker {
  let scaler = new Scaler();
  let size = '';
  return {
    crop(picture, box, maxSide, quality = JPEG_QUALITY) {
      const frame = pixelsOf(picture);
      const now = `${frame.width}x${frame.height}`;
      // It goes on with the size of the first frame, and refuses crops of a larger one.
      if (size !== '' && size !== now) {
        scaler.close();
        scaler = new Scaler();
      }
      size = now;
      const crop = cropPixels(box, frame.width, frame.height);
      const ratio = Math.min(1, maxSide / Math.max(crop.width, crop.height));
      const width = pictureSide(crop.width * ratio);
      const height = pictureSide(crop.height * ratio);
      const jpeg = scaler.toJpegSync(frame, { crop, resize: { width, height }, quality });
      return { jpeg, width, height };
    },
    close: () => scaler.close(),
  };
}

/** Few distinct sizes, because a scaler and an encoder are kept for each. */
function pictureSide(length: number): number {
  return Math.max(MIN_SIDE, Math.round(length / MIN_SIDE) * MIN_SIDE);
}

/** A box in fractions to whole, even pixels inside the frame (chroma is subsampled by two). */
function cropPixels(box: Box, frameWidth: number, frameHeight: number) {
  const [left, width] = span(box[0], box[2], frameWidth);
  const [top, height] = span(box[1], box[3], frameHeight);
  return { x: left, y: top, width, height };
}

function span(start: number, size: number, total: number): [number, number] {
  const length = Math.min(even(total - 1), even(size * total));
  const from = Math.min(Math.max(0, start * total), total - length);
  return [Math.floor(from / 2) * 2, length];
}

function even(value: number): number {
  return Math.max(MIN_SIDE, Math.round(value / 2) * 2);
}
