/**
 * Golden samples of a package (ARCHITECTURE 3.1): an input, and what the model must say of it. For pictures `input` is an image file;
 * for windows of a series a JSON list of the numbers that the model is fed, normalised, in the layout of the package's input; for
 * windows of sound a JSON list of its samples, -1 to 1.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { type ImageInput, isImageInput, type Variant } from '../../contract/model-manifest.ts';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../kit/schema.ts';
import type { Engine, EngineResult } from '../engine.ts';
import { createPixelScaler } from '../frames/pixels.ts';
import { allocFrame, openVideo } from '../frames/reader.ts';
import type { ModelPackage } from '../package/package.ts';
import { givenSize } from '../package/windows.ts';
import { fitFrame } from '../preprocess/fit.ts';
import { createTensorWriter } from '../preprocess/tensor.ts';
import { differences, goldenOutput, toleranceOf } from './compare.ts';

export interface GoldenVerdict {
  /** The sample's file. */
  readonly input: string;
  /** What differs; nothing when the model says what it must. */
  readonly differences: readonly string[];
}

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Runs the golden samples of a package.
 * @param engine of this package, with the variant of this precision
 * @throws CodedError `model-invalid` for a sample that cannot be read, `model-failed` when the model fails on one
 */
export async function runGolden(
  pack: ModelPackage,
  engine: Engine,
  precision: Variant['precision'],
): Promise<GoldenVerdict[]> {
  const verdicts: GoldenVerdict[] = [];
  for (const golden of pack.manifest.golden) {
    const expected = await readJson(path.join(pack.dir, golden.output), goldenOutput);
    const { outcome } = await answerTo(golden.input, pack, engine);
    const found = differences(outcome, expected, toleranceOf(golden, precision), pack.manifest.threshold);
    verdicts.push({ input: golden.input, differences: found });
  }
  return verdicts;
}

async function answerTo(file: string, { dir, manifest }: ModelPackage, engine: Engine): Promise<EngineResult> {
  const full = path.join(dir, file);
  const { input } = manifest;
  if (isImageInput(input)) {
    const { tensor, fit } = await readPicture(full, input);
    return engine.run(tensor, fit);
  }
  const window = await readJson(full, z.array(z.number()).length(givenSize(input)));
  return engine.attach().run(Float32Array.from(window));
}

async function readPicture(full: string, input: ImageInput) {
  const scaler = createPixelScaler();
  const frame = allocFrame();
  try {
    const reader = await openVideo(
      { from: 'file', url: full, shown: full, waits: false },
      { onUndecodable: () => undefined },
    );
    const atMs = await reader.next(frame);
    if (atMs !== undefined) reader.upright(frame);
    reader.close();
    if (atMs === undefined) throw new CodedError('model-invalid', `${full}: holds no picture`);
    const fit = fitFrame(frame.width, frame.height, input);
    const writer = createTensorWriter(input);
    const tensor = new Float32Array(writer.size);
    writer.write(scaler.scale(frame, fit.width, fit.height, writer.order), fit, tensor);
    return { tensor, fit };
  } catch (error) {
    throw new CodedError('model-invalid', `${full}: golden sample: ${messageOf(error)}`);
  } finally {
    scaler.close();
    frame.free();
  }
}

async function readJson<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw new Error(`${size} bytes; at most ${MAX_BYTES} are allowed`);
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new CodedError('model-invalid', `${file}: golden sample: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CodedError('model-invalid', `${file}: ${describeComplaints(complaintsOf(parsed.error, value))}`);
}
