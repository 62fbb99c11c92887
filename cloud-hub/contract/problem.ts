/** What went wrong on a device, and what it had to give up. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

/** An `error` or `loss` record. */
export const problem = z.object({
  id: z.string(),
  device: name,
  stream: name.optional(),
  at: time,
  kind: z.enum(['error', 'loss']),
  code: z.string(),
  message: z.string(),
  count: count,
});
export type Problem = z.infer<typeof problem>;
