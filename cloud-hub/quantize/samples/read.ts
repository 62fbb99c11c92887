/** Samples out of whatever people calibrate with: a clip, a folder of pictures, a series. */
import { stat } from 'node:fs/promises';
import { isImageInput, isWindowInput, type ModelManifest } from '../../../shared/contract/model-manifest.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';
import { pictureSamples } from './pictures.ts';
import type { Sample } from './sample.ts';
import { seriesSamples } from './series.ts';

export interface ReadSamples {
  readonly samples: readonly Sample[];
  /** Neighbours resemble each other. */
  readonly ordered: boolean;
}

/**
 * @param time name of a series' column of times
 * @param most samples that are kept, spread evenly
 * @throws CodedError `source-open` and others of the sources; `model-invalid` for a model of sound
 */
export async function readSamples(
  file: string,
  manifest: ModelManifest,
  time: string,
  most: number,
): Promise<ReadSamples> {
  const found = await stat(file).catch((error: unknown) => {
    throw new CodedError('source-open', `cannot open ${file}: ${messageOf(error)}`);
  });
  const { input } = manifest;
  if (isImageInput(input)) {
    const folder = found.isDirectory();
    return { samples: await pictureSamples(file, folder, input, most), ordered: !folder };
  }
  if (!isWindowInput(input))
    throw new CodedError('model-invalid', `${manifest.name}: models of sound cannot be quantized yet`);
  if (found.isDirectory())
    throw new CodedError(
      'source-open',
      `${file} is a folder; ${manifest.name} takes windows of a CSV or JSON-lines file`,
    );
  return { samples: await seriesSamples(file, input, time, most), ordered: true };
}
