/** A few pictures out of a clip or a folder, far enough from each other to differ. */
import { stat } from 'node:fs/promises';
import type { ImageInput } from '../../../shared/contract/model-manifest.ts';
import { openImages } from '../../../shared/engine/frames/images.ts';
import { createPictureMaker, type Picture } from '../../../shared/engine/frames/picture.ts';
import { createPixelScaler, type PixelOrder, type Pixels } from '../../../shared/engine/frames/pixels.ts';
import { allocFrame, openVideo } from '../../../shared/engine/frames/reader.ts';
import { createRedactor, NOTHING_HIDDEN } from '../../../shared/engine/frames/redact.ts';
import { type Fit, fitFrame } from '../../../shared/engine/preprocess/fit.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';

export interface TrialFrame {
  readonly fit: Fit;
  /** The scaled pixels in each of the orders that were asked for. */
  readonly pixels: ReadonlyMap<PixelOrder, Pixels>;
  readonly picture: Picture;
}

/** Frames of a clip that are looked at from its start: its first ten to thirty seconds. */
const REACH = 300;
const PICTURE_SIDE = 480;

/**
 * @param most pictures; fewer where there are fewer
 * @throws CodedError `source-open`, `source-no-video` or `source-ended`
 */
export async function trialFrames(
  file: string,
  input: ImageInput,
  orders: readonly PixelOrder[],
  most: number,
): Promise<readonly TrialFrame[]> {
  const found = await stat(file).catch((error: unknown) => {
    throw new CodedError('source-open', `cannot open ${file}: ${messageOf(error)}`);
  });
  const options = { onUndecodable: () => undefined };
  const reader = found.isDirectory()
    ? await openImages(file, 1, options)
    : await openVideo({ from: 'file', url: file, shown: file, waits: false }, options);
  const scaler = createPixelScaler();
  const pictures = createPictureMaker();
  const redactor = createRedactor(NOTHING_HIDDEN);
  const frame = allocFrame();
  const stated = reader.info.frames || Math.round((reader.info.durationMs * reader.info.fps) / 1000) || REACH;
  const step = Math.max(1, Math.floor(Math.min(REACH, stated) / most));
  const kept: TrialFrame[] = [];
  try {
    for (let index = 0; kept.length < most; index++) {
      if ((await reader.next(frame)) === undefined) break;
      // Not the very first one: many clips begin black.
      if (index % step !== Math.floor(step / 2)) continue;
      reader.upright(frame);
      const fit = fitFrame(frame.width, frame.height, input);
      const scaled = orders.map((order): [PixelOrder, Pixels] => [
        order,
        scaler.scale(frame, fit.width, fit.height, order).map((plane) => Uint8Array.from(plane)),
      ]);
      const picture = pictures.crop(redactor.redact(frame), [0, 0, 1, 1], PICTURE_SIDE);
      kept.push({ fit, pixels: new Map(scaled), picture });
    }
  } finally {
    pictures.close();
    redactor.close();
    scaler.close();
    frame.free();
    reader.close();
  }
  if (kept.length === 0) throw new CodedError('source-no-video', `${file}: no picture of it can be decoded`);
  return kept;
}
