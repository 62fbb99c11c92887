/** A stream: a source, the model that looks at it, and what is made of the results. Checked by agent and hub alike. */
import { z } from 'zod';
import { name } from '../names.ts';
import { rule } from './rules.ts';

export const sourceConfig = z.strictObject({
  url: z.string().min(1).describe('a file; "test:" patterns'),
  loop: z.boolean().default(false).describe('start a file again when it ends'),
  pace: z
    .enum(['pts', 'fast'])
    .default('pts')
    .describe("pts: at the speed of the file's own timestamps; fast: as fast as it can be analysed"),
});
export type SourceConfig = z.infer<typeof sourceConfig>;

export const trackConfig = z.strictObject({
  kind: z.literal('iou').default('iou'),
  iou: z.number().min(0.01).max(1).default(0.25).describe('least overlap that continues a track'),
  lostFrames: z.number().int().min(0).max(1000).default(15).describe('frames after which an unseen track ends'),
});
export type TrackConfig = z.infer<typeof trackConfig>;

export const streamConfig = z
  .strictObject({
    source: z.union([
      z
        .string()
        .min(1)
        .transform((url) => sourceConfig.parse({ url })),
      sourceConfig,
    ]),
    model: name.describe('one of `models`'),
    fps: z.number().positive().max(240).optional().describe('analyse at most this many frames a second; default: all'),
    threshold: z.number().min(0).max(1).optional().describe("score floor instead of the model's own"),
    track: z.union([z.literal(false), trackConfig]).default(() => trackConfig.parse({})),
    rules: z.array(rule).max(64).default([]),
    summaryS: z.number().min(1).max(3600).default(10).describe('seconds between `summary` records'),
  })
  .superRefine((stream, context) => {
    const seen = new Set<string>();
    stream.rules.forEach((r, index) => {
      if (seen.has(r.name)) {
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: `two rules are named "${r.name}"`,
        });
      }
      seen.add(r.name);
    });
    const tracked = stream.rules.findIndex((r) => r.kind !== 'threshold');
    if (stream.track === false && tracked >= 0) {
      context.addIssue({
        code: 'custom',
        path: ['track'],
        message: `rules[${tracked}] of kind "${stream.rules[tracked]?.kind}" needs a tracker`,
      });
    }
  });
export type StreamConfig = z.infer<typeof streamConfig>;
