/** `model.yaml` of a model package (ARCHITECTURE 3.1). */
import { z } from 'zod';
import { logMel, logMelFaults } from './log-mel.ts';
import { name } from './names.ts';

const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

/** A file inside the package: relative, below the package, no `..`, no backslash. */
export const packagePath = z
  .string()
  .min(1)
  .max(256)
  .refine((p) => !p.startsWith('/') && !p.includes('\\') && !p.includes('\0') && !p.split('/').includes('..'), {
    error: 'must be a relative path inside the package',
  });

const channels3 = (fallback: number) =>
  z
    .array(z.number())
    .refine((v) => v.length === 3 || v.length === 1, { error: 'needs one number per channel: three, or one for gray' })
    .default([fallback, fallback, fallback]);

/** Most inputs of a graph beside its picture. */
const MAX_CONSTANTS = 8;

export const imageInput = z.strictObject({
  width: z.number().int().min(1).max(8192),
  height: z.number().int().min(1).max(8192),
  layout: z.enum(['nchw', 'nhwc']).default('nchw'),
  color: z.enum(['rgb', 'bgr', 'gray']).default('rgb'),
  resize: z.enum(['letterbox', 'letterbox-center', 'stretch']).default('letterbox'),
  pad: z.number().min(0).max(255).default(114).describe('fill of the letterbox'),
  mean: channels3(0).describe('in the order of `color`, 0-255 units'),
  std: channels3(1)
    .refine((v) => v.every((x) => x !== 0), { error: 'must not be 0' })
    .describe('value = (pixel - mean) / std'),
  constants: z
    .record(z.string().min(1).max(128), z.array(z.number()).min(1).max(64))
    .refine((inputs) => Object.keys(inputs).length <= MAX_CONSTANTS, {
      error: `must name at most ${MAX_CONSTANTS} inputs`,
    })
    .optional()
    .describe('further inputs of the graph that are the same for every picture, such as orig_target_sizes: [640, 640]'),
});
export type ImageInput = z.infer<typeof imageInput>;

const perChannel = (fallback: number) => z.array(z.number()).min(1).max(256).default([fallback]);

/** A sliding window over the series of a sensor. */
export const windowInput = z
  .strictObject({
    window: z.number().int().min(2).max(65_536).describe('samples of one window'),
    step: z.number().int().min(1).max(65_536).default(1).describe('samples from one window to the next'),
    channels: z.array(z.string().min(1).max(128)).min(1).max(256).describe('names of the values of one sample'),
    rateHz: z.number().positive().max(1e6).describe('samples per second, after resampling'),
    layout: z.enum(['nwc', 'ncw']).default('nwc').describe('sample by sample, or channel by channel'),
    detrend: z.boolean().default(false).describe('take the straight line of least squares out of each channel first'),
    mean: perChannel(0).describe('one number per channel, or one for all'),
    std: perChannel(1)
      .refine((v) => v.every((x) => x !== 0), { error: 'must not be 0' })
      .describe('value = (sample - mean) / std'),
  })
  .superRefine((input, context) => {
    for (const key of ['mean', 'std'] as const) {
      const { length } = input[key];
      if (length === 1 || length === input.channels.length) continue;
      const message = `needs one number per channel (${input.channels.length}), or one for all`;
      context.addIssue({ code: 'custom', path: [key], message });
    }
    if (new Set(input.channels).size < input.channels.length)
      context.addIssue({ code: 'custom', path: ['channels'], message: 'names a channel twice' });
  });
export type WindowInput = z.infer<typeof windowInput>;

/** Windows of mono sound, -1 to 1: as they are, or as the features of `logMel`. */
export const audioInput = z
  .strictObject({
    sampleRate: z.number().int().min(8000).max(192_000).describe('Hz; sound of another rate is resampled'),
    window: z.number().int().min(16).max(1_048_576).describe('samples of one window'),
    step: z
      .number()
      .int()
      .min(16)
      .max(1_048_576)
      .optional()
      .describe('samples from one window to the next; default: `window`, so that each follows the one before'),
    logMel: logMel.optional(),
  })
  .superRefine((input, context) => {
    const { window, step, sampleRate } = input;
    if (step !== undefined && step > window)
      context.addIssue({
        code: 'custom',
        path: ['step'],
        message: `must be at most the window (${window}): sound between would be missed`,
      });
    for (const { path, message } of input.logMel ? logMelFaults(input.logMel, { window, sampleRate }) : [])
      context.addIssue({ code: 'custom', path: ['logMel', path], message });
  });
export type AudioInput = z.infer<typeof audioInput>;

export type ModelInput = ImageInput | WindowInput | AudioInput;

/** What a model takes: a picture (`width`), a window of a series (`channels`) or of sound (`sampleRate`). */
export const modelInput = z.unknown().transform((value, context): ModelInput => {
  const has = (key: string) => typeof value === 'object' && value !== null && key in value;
  // Recognised by the key that only one of them has, so that a complaint is about the one that was meant.
  const schema = has('channels') ? windowInput : has('sampleRate') ? audioInput : imageInput;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
  return z.NEVER;
});

export function isImageInput(input: ModelInput): input is ImageInput {
  return 'width' in input;
}

export function isWindowInput(input: ModelInput): input is WindowInput {
  return 'channels' in input;
}

/** @throws RangeError for a model that takes no pictures; the engine's caller has checked it */
export function imageInputOf({ input, name: model }: Pick<ModelManifest, 'input' | 'name'>): ImageInput {
  if (isImageInput(input)) return input;
  throw new RangeError(`${model} takes no pictures`);
}

/** `kind` names a file of engine/heads; the rest are that head's options, checked by its own schema. */
export const headConfig = z.looseObject({ kind: z.string().min(1).max(32) });
export type HeadConfig = z.infer<typeof headConfig>;

export const variant = z.strictObject({ file: packagePath, precision: z.enum(['fp32', 'fp16', 'int8']) });
export type Variant = z.infer<typeof variant>;

export const golden = z.strictObject({
  input: packagePath,
  output: packagePath,
  boxIou: z.number().min(0).max(1).default(0.9),
  score: z.number().min(0).max(1).default(0.05),
});
export type Golden = z.infer<typeof golden>;

export const modelManifest = z.strictObject({
  name,
  version: z.string().regex(semver, 'must be a semantic version such as 1.0.0'),
  task: z.enum(['detect', 'classify', 'anomaly', 'embed', 'audio']),
  license: z.string().min(1).max(128),
  input: modelInput,
  head: headConfig,
  labels: z.union([packagePath, z.array(z.string().min(1).max(128)).min(1).max(65_536)]),
  threshold: z.number().min(0).max(1).default(0.3),
  iou: z.number().min(0).max(1).default(0.45),
  variants: z.array(variant).min(1).max(16),
  golden: z.array(golden).max(64).default([]),
});
export type ModelManifest = z.infer<typeof modelManifest>;

/** The file of the package that holds what its head has learned beside the graph; undefined where there is none. */
export function learnedFile({ head }: Pick<ModelManifest, 'head'>): string | undefined {
  const found = packagePath.safeParse(head.learned);
  return found.success ? found.data : undefined;
}
