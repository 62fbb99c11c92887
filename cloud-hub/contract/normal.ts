/** An anomaly that somebody has called normal. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

export const normalEvent = z.object({
  event: z.string().describe('id of the event'),
  stream: name,
  at: time.describe("of the event, by the device's wall clock"),
});
export type NormalEvent = z.infer<typeof normalEvent>;
