/** An event: a rule fired on a device. */
import { z } from 'zod';
import { contributions, expected, level } from '../../shared/contract/messages/anomaly.ts';
import { details } from '../../shared/contract/messages/detail.ts';
import { box, count, name } from '../../shared/contract/names.ts';
import { correction } from './correction.ts';
import { hold } from './hold.ts';
import { eventOpinion } from './opinion.ts';
import { time } from './time.ts';

const values = z.record(z.string(), z.number());

export const event = z.object({
  id: z.string(),
  device: name,
  stream: name,
  rule: name,
  ruleKind: z.string(),
  action: z.string(),
  label: z.string(),
  score: z.number(),
  track: count.optional(),
  box: box.optional(),
  ...details,
  count: count.optional(),
  value: z.number().optional().describe("of an anomaly: its score in the model's own units"),
  threshold: z.number().optional().describe('from where on `value` is an anomaly'),
  level: level.optional(),
  peak: z.number().optional().describe('the greatest score of an anomaly so far; the fields below are of its moment'),
  durationMs: z.number().optional().describe('of an anomaly that has ended'),
  contributions: contributions.optional(),
  values: values.optional().describe('the values, by channel'),
  expected: expected.optional(),
  ptsMs: z.number(),
  at: time.describe("the device's wall clock; see `clock`"),
  receivedAt: time,
  clock: z.string(),
  model: z.string().optional().describe('name@version (variant)'),
  snapshot: z.string().optional().describe('id for /api/v1/snapshots/{id}'),
  opinion: eventOpinion.optional().describe('what the bigger model of the hub says of it; what the device said stays'),
  correction: correction.optional().describe('what an operator says of it'),
  hold: hold.optional().describe('it stays, whatever its age, until an admin releases it'),
  backfill: z.literal(true).optional().describe('received after later records of the same device'),
});
export type Event = z.infer<typeof event>;
