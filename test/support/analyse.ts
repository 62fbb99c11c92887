/** A picture through an engine: fitted, made a tensor, inferred, decoded, suppressed and mapped back to the picture. */
import sharp from 'sharp';
import { type ImageInput, isImageInput } from '../../shared/contract/model-manifest.ts';
import { type Engine, type EngineResult, openEngine } from '../../shared/engine/engine.ts';
import { type Fit, fitFrame } from '../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../shared/engine/preprocess/tensor.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { inOrder } from './pixels.ts';

export interface Analysed {
  /** What the model was given. */
  readonly tensor: Float32Array;
  readonly fit: Fit;
  readonly outcome: EngineResult['outcome'];
}

/** Runs the picture in `file` through the package in `dir`. */
export function analyseFile(dir: string, file: string): Promise<Analysed> {
  return withEngine(dir, async (engine, input) => {
    const { width, height } = await sharp(file).metadata();
    const fit = fitFrame(width, height, input);
    const picture = sharp(file).removeAlpha().resize(fit.width, fit.height, { fit: 'fill' });
    const pixels = input.color === 'gray' ? picture.grayscale() : picture.toColourspace('srgb');
    return run(engine, input, await pixels.raw().toBuffer(), fit);
  });
}

/** Runs a picture of one gray level, as large as the model's input, through the package in `dir`. */
export async function analyseLevel(dir: string, level: number): Promise<Analysed> {
  const [one] = await analyseLevels(dir, [level]);
  if (!one) throw new Error('a level has one answer');
  return one;
}

/** The same with several levels, one after the other through one engine: to open it takes longer than to run it. */
export function analyseLevels(dir: string, levels: readonly number[]): Promise<Analysed[]> {
  return withEngine(dir, async (engine, input) => {
    const fit = fitFrame(input.width, input.height, input);
    const channels = input.color === 'gray' ? 1 : 3;
    const all: Analysed[] = [];
    for (const level of levels)
      all.push(await run(engine, input, new Uint8Array(input.width * input.height * channels).fill(level), fit));
    return all;
  });
}

async function withEngine<T>(dir: string, use: (engine: Engine, input: ImageInput) => Promise<T>): Promise<T> {
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  try {
    const { input } = engine.manifest;
    if (!isImageInput(input)) throw new Error(`${dir} is not a model of pictures`);
    return await use(engine, input);
  } finally {
    await engine.close();
  }
}

async function run(engine: Engine, input: ImageInput, pixels: Uint8Array, fit: Fit): Promise<Analysed> {
  const writer = createTensorWriter(input);
  const tensor = new Float32Array(writer.size);
  writer.write(inOrder(pixels, writer.order), fit, tensor);
  const { outcome } = await engine.run(tensor, fit);
  return { tensor, fit, outcome };
}
