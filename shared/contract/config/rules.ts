/** Rules of a stream: `threshold`, `zone`, `line`. Coordinates are fractions of the source frame. */
import { z } from 'zod';
import { name, point } from '../names.ts';

const common = {
  name: name.describe('names the rule in its events'),
  labels: z.array(z.string().min(1)).min(1).optional().describe('only these labels of the model; default: all'),
  minScore: z.number().min(0).max(1).optional().describe('only detections with at least this score'),
  snapshot: z.boolean().default(true).describe('attach the JPEG crop of the object to the event'),
};

export const thresholdRule = z.strictObject({
  kind: z.literal('threshold'),
  ...common,
  atLeast: z.number().int().min(1).default(1).describe('how many objects make it true'),
  frames: z.number().int().min(1).max(1000).default(3).describe('for how many frames in a row, both ways (hysteresis)'),
});

export const zoneRule = z.strictObject({
  kind: z.literal('zone'),
  ...common,
  points: z.array(point).min(3).max(64).describe('polygon, at least three points; an object is in it when its foot is'),
  frames: z.number().int().min(1).max(1000).default(2).describe('frames in a row that make an enter or a leave'),
});

export const lineRule = z.strictObject({
  kind: z.literal('line'),
  ...common,
  points: z
    .tuple([point, point])
    .describe('[from, to]; `forward` crosses it from its left to its right, seen while walking from `from` to `to`'),
  direction: z.enum(['forward', 'backward', 'both']).default('both'),
});

export const rule = z.discriminatedUnion('kind', [thresholdRule, zoneRule, lineRule]);
export type Rule = z.infer<typeof rule>;
export type ThresholdRule = z.infer<typeof thresholdRule>;
export type ZoneRule = z.infer<typeof zoneRule>;
export type LineRule = z.infer<typeof lineRule>;
