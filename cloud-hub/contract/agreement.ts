/** How often edge and hub see the same in frames that chance chose, over time. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { interval } from './threshold.ts';
import { time } from './time.ts';

/** `worse`, `better`: the 95 % intervals of the last part and of what was before do not meet. */
export const drifts = ['worse', 'better', 'same', 'unknown'] as const;

export const streamAgreement = z.object({
  device: name,
  stream: name,
  bucketS: z.number(),
  items: z
    .array(z.object({ at: time.describe('start of the bucket'), agreement: interval }))
    .max(1000)
    .describe('oldest first; a bucket without such a frame is left out'),
  recent: interval.optional().describe('of the last `recentS`'),
  before: interval.optional().describe('of everything before, as far as it is read'),
  drift: z.enum(drifts),
  reason: z.string(),
});
export type StreamAgreement = z.infer<typeof streamAgreement>;
