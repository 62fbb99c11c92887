/** A hold on an event: while it lasts, neither its age nor an order to erase ends it. */
import { z } from 'zod';
import { time } from './time.ts';

const reason = z.string().min(1).max(256).describe('such as the number of a case');

export const newHold = z.strictObject({ reason });
export type NewHold = z.infer<typeof newHold>;

export const hold = z.object({ reason, by: z.string(), at: time });
export type Hold = z.infer<typeof hold>;
