/** Results of sensors and of sound, one by one and summed up. */
import { z } from 'zod';
import { contributions, expected, level } from '../../shared/contract/messages/anomaly.ts';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

const values = z.record(z.string(), z.number());

/** What a model said of a window of a sensor or of sound. */
export const reading = z.object({
  id: z.string(),
  device: name,
  stream: name,
  at: time.describe("the device's wall clock; see `clock`"),
  receivedAt: time,
  clock: z.string(),
  ptsMs: z.number().optional(),
  score: z.number().optional().describe("in the model's units; of a class 0 to 1"),
  threshold: z.number().optional(),
  anomalous: z.boolean().optional().describe('the score has reached the threshold'),
  label: z.string().optional().describe('the best class, of a model that tells classes'),
  values: values.optional().describe('the last values, by channel'),
  level: level.optional().describe('of an anomaly that lasts'),
  contributions: contributions.optional().describe('of an anomaly that lasts'),
  expected: expected.optional(),
  model: z.string().optional().describe('name@version (variant)'),
});
export type Reading = z.infer<typeof reading>;

/** A span of a stream's readings, summed up. */
export const readingBucket = z.object({
  at: time.describe('where the span begins'),
  readings: count.describe('how many'),
  anomalous: count.describe('how many of them were anomalous'),
  score: z.number().optional().describe('the highest'),
  threshold: z.number().optional().describe('of the last reading'),
  values: values.optional().describe('of the last reading'),
  level: level.optional().describe('of the last reading'),
  expected: expected.optional(),
});
export type ReadingBucket = z.infer<typeof readingBucket>;
