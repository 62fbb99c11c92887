/** Thresholds that second opinions and corrections speak for, per stream and label. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';
import { labelThresholds } from '../../shared/contract/thresholds.ts';
import { time } from './time.ts';

export const interval = z.object({
  share: z.number().describe('0 to 1'),
  from: z.number(),
  to: z.number().describe('`from` and `to`: 95 % interval (Wilson)'),
  n: count,
});

const at = z.object({
  threshold: z.number(),
  precision: interval.describe('objects that the hub sees too, of those of the edge, in frames that chance chose'),
  kept: interval.describe('of the right objects that count today; with a lower threshold all, and more of them count'),
});

export const thresholdAdvice = z.object({
  label: z.string(),
  today: at.optional().describe('absent: too few objects to say'),
  proposed: at.optional().describe('the lowest threshold that reaches the precision; absent: see `reason`'),
  change: z.number().optional().describe('objects more (0.1: a tenth) or fewer (-0.1) than today, with `proposed`'),
  events: z
    .object({ wrong: count, wrongLeft: count, right: count, rightLeft: count })
    .optional()
    .describe('events on which hub or operator have spoken, and how many of them are left with the proposed threshold'),
  reason: z.string().describe('why this is proposed, or why nothing is'),
});
export type ThresholdAdvice = z.infer<typeof thresholdAdvice>;

const share = z.number().min(0).max(1);

/** Within which bounds the hub tunes thresholds by itself. */
export const automatic = z
  .strictObject({
    precision: z.number().min(0.5).max(0.999).default(0.9).describe('share of the objects that shall be right'),
    min: share.describe('no threshold is set below'),
    max: share.describe('nor above'),
    maxStep: z
      .number()
      .min(0.01)
      .max(1)
      .default(0.1)
      .describe('most that one change moves a threshold, unless it lies outside of the bounds'),
  })
  .refine(({ min, max }) => min <= max, { message: 'must be at least `min`', path: ['max'] });
export type Automatic = z.infer<typeof automatic>;

/** What somebody sets. */
export const newThresholds = z.strictObject({
  labels: labelThresholds.describe('all that shall hold instead of the threshold of the stream; others go back to it'),
  model: z
    .string()
    .max(160)
    .optional()
    .describe(
      'name@version that they are for: refused when the hub is asked about another one by now; default: that one',
    ),
});

export const streamThresholds = z.object({
  device: name,
  stream: name,
  precision: z.number().describe('that was asked for'),
  model: z.string().optional().describe('of the edge, name@version: opinions on it decide; absent: none has come'),
  inForce: z
    .object({ model: z.string(), labels: labelThresholds, at: time, by: z.string() })
    .optional()
    .describe('set here, sent to the device; absent: its own configuration holds'),
  canUndo: z.boolean(),
  automatic: automatic.optional().describe('absent: nothing is changed without a person'),
  frames: count.describe('frames that chance chose and the hub answered'),
  items: z.array(thresholdAdvice).max(100).describe('by label'),
});
export type StreamThresholds = z.infer<typeof streamThresholds>;
