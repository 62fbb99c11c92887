/** What a device says of its samples, in `up/report`: totals since its data folder was made. */
import { z } from 'zod';
import { count, name } from '../names.ts';

export const streamEscalationReport = z.looseObject({
  chosen: count,
  sent: count.describe('also those that were sent again'),
  bytes: count,
  confirmed: count,
  changed: count,
  withdrawn: count,
  refused: count.describe('by the hub'),
  unsent: z
    .record(z.string().max(32), count)
    .describe('given up, by reason: budget, too-large, queue-full, late, unanswered, disk, erased, key-lost'),
});

export const escalationReport = z.looseObject({
  waiting: count.describe('samples that wait for the hub'),
  left: z.number().min(0).max(1).describe("what is left of the device's budget now: 1 is all that may go at once"),
  streams: z.record(name, streamEscalationReport),
});
export type EscalationReport = z.infer<typeof escalationReport>;
