/** Versions of model packages, and the aliases that point to them. */
import { z } from 'zod';
import { digest } from '../../shared/contract/messages/desired.ts';
import { variant } from '../../shared/contract/model-manifest.ts';
import { count, name } from '../../shared/contract/names.ts';
import { labels } from './labels.ts';
import { time } from './time.ts';

/** Figures that somebody measured, for example `{ "map50": 0.61 }`. */
export const metrics = z
  .record(z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/), z.number())
  .refine((m) => Object.keys(m).length <= 64, { error: 'at most 64 metrics' });

/** A field of model.yaml that was made out of a bare ONNX file. */
export const guess = z.object({
  field: z.string(),
  value: z.string(),
  sure: z.boolean().describe('false: somebody should look at it'),
  why: z.string(),
});
export type Guess = z.infer<typeof guess>;

/** Label sets that can be named for a bare ONNX file. */
export const labelSet = z.enum(['coco', 'coco91', 'imagenet']);

/** An immutable version of a model package. */
export const model = z.object({
  id: z.string(),
  name,
  version: z.string(),
  digest: digest.describe('of the .tar.gz'),
  bytes: count,
  task: z.string(),
  license: z.string(),
  variants: z.array(variant),
  labels,
  metrics,
  aliases: z.array(name).describe('that point to it'),
  signed: z.boolean().describe('the signed metadata names it: devices may install it'),
  createdAt: time,
  createdBy: z.string(),
});
export type Model = z.infer<typeof model>;

/** The answer to an upload. */
export const uploaded = model.extend({
  guesses: z.array(guess).optional().describe('of a bare ONNX file: where each field of its model.yaml comes from'),
});
export type Uploaded = z.infer<typeof uploaded>;

export const alias = z.object({ name, alias: name, version: z.string(), changedAt: time, changedBy: z.string() });
export type Alias = z.infer<typeof alias>;
