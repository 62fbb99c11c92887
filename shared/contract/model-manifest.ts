/** `model.yaml` of a model package (DESIGN 3.1). */
import { z } from 'zod';
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
    .refine((v) => v.length === 3 || v.length === 1, { error: 'needs one number a channel: three, or one for gray' })
    .default([fallback, fallback, fallback]);

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
});
export type ImageInput = z.infer<typeof imageInput>;

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
  input: imageInput,
  head: headConfig,
  labels: z.union([packagePath, z.array(z.string().min(1).max(128)).min(1).max(65_536)]),
  threshold: z.number().min(0).max(1).default(0.3),
  iou: z.number().min(0).max(1).default(0.45),
  variants: z.array(variant).min(1).max(16),
  golden: z.array(golden).max(64).default([]),
});
export type ModelManifest = z.infer<typeof modelManifest>;
