/** A batch that the hub refused and keeps. */
import { z } from 'zod';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

export const quarantined = z.object({
  id: z.string(),
  device: name,
  receivedAt: time,
  reason: z.string(),
  bytes: count,
  epoch: z.string().optional(),
  from: count.optional(),
  to: count.optional(),
});
export type Quarantined = z.infer<typeof quarantined>;
