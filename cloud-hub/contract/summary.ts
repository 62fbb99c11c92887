/** What a stream did in an interval. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

export const summary = z.object({
  id: z.string(),
  device: name,
  stream: name,
  at: time.describe('end of the interval'),
  intervalMs: z.number(),
  frames: count,
  inferred: count,
  gated: count,
  dropped: count,
  thinned: count.optional().describe('left out because the stream asks for fewer; absent: not counted'),
  failed: count,
  askedFps: z.number().optional().describe('frames per second that the stream asks for; absent: all'),
  labels: z.record(z.string(), count).describe('detections by label'),
  tracks: z.record(z.string(), count).describe('tracks that began, by label'),
  scores: z.array(count),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), max: z.number() }),
});
export type Summary = z.infer<typeof summary>;
