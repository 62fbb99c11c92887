/** Samples out of a clip or a folder of pictures: decoded, scaled and normalised as an agent does it. */

import type { ImageInput } from '../../../shared/contract/model-manifest.ts';
import { openImages } from '../../../shared/engine/frames/images.ts';
import { createPixelScaler } from '../../../shared/engine/frames/pixels.ts';
import { allocFrame, openVideo } from '../../../shared/engine/frames/reader.ts';
import { fitFrame } from '../../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../../shared/engine/preprocess/tensor.ts';
import type { Sample } from './sample.ts';
import { createThin } from './thin.ts';

/**
 * @param folder `file` is a folder of pictures
 * @param most samples at the end; they are spread evenly over the source
 * @throws CodedError `source-open`, `source-no-video` or `source-ended`
 */
export async function pictureSamples(
  file: string,
  folder: boolean,
  input: ImageInput,
  most: number,
): Promise<readonly Sample[]> {
  const options = { onUndecodable: () => undefined };
  const reader = folder
    ? await openImages(file, 1, options)
    : await openVideo({ from: 'file', url: file, shown: file, waits: false }, options);
  const scaler = createPixelScaler();
  const frame = allocFrame();
  const writer = createTensorWriter(input);
  const thin = createThin<Sample>(most);
  try {
    for (let index = 0; ; index++) {
      const atMs = await reader.next(frame);
      if (atMs === undefined) return thin.kept;
      if (!thin.wants()) {
        thin.push(undefined);
        continue;
      }
      reader.upright(frame);
      const fit = fitFrame(frame.width, frame.height, input);
      // Bytes are kept, a quarter of the floats that are made of them.
      const scaled = scaler.scale(frame, fit.width, fit.height, writer.order);
      const pixels = scaled.map((plane) => Uint8Array.from(plane));
      thin.push({
        name: folder ? `${file}, picture ${index + 1}` : `${file} at ${(atMs / 1000).toFixed(2)} s`,
        fit,
        tensor() {
          const out = new Float32Array(writer.size);
          writer.write(pixels, fit, out);
          return out;
        },
      });
    }
  } finally {
    scaler.close();
    frame.free();
    reader.close();
  }
}
