/** Thresholds that second opinions and corrections speak for, per stream and label. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';

export const interval = z.object({
  share: z.number().describe('0 to 1'),
  from: z.number(),
  to: z.number().describe('`from` and `to`: 95 % interval (Wilson)'),
  n: count,
});

const at = z.object({
  threshold: z.number(),
  precision: interval.describe('objects that the hub sees too, of those of the edge, in frames that chance chose'),
  kept: interval.describe('of the right objects that count today'),
});

export const thresholdAdvice = z.object({
  label: z.string(),
  today: at.optional().describe('absent: too few objects to say'),
  proposed: at.optional().describe('the lowest threshold that reaches the precision; absent: see `reason`'),
  events: z
    .object({ wrong: count, wrongLeft: count, right: count, rightLeft: count })
    .optional()
    .describe('events on which hub or operator have spoken, and how many of them are left with the proposed threshold'),
  reason: z.string().describe('why this is proposed, or why nothing is'),
});
export type ThresholdAdvice = z.infer<typeof thresholdAdvice>;

export const streamThresholds = z.object({
  device: name,
  stream: name,
  precision: z.number().describe('that was asked for'),
  frames: count.describe('frames that chance chose and the hub answered'),
  items: z.array(thresholdAdvice).max(100).describe('by label'),
});
export type StreamThresholds = z.infer<typeof streamThresholds>;
