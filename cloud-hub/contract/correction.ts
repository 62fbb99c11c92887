/** What an operator says of an event: it is right, it is wrong, or it should have another label. */
import { z } from 'zod';
import { time } from './time.ts';

export const corrections = ['right', 'wrong', 'other'] as const;
export type CorrectionVerdict = (typeof corrections)[number];

const verdict = z
  .enum(corrections)
  .describe('`right`: as the event says; `wrong`: nothing of the kind was there; `other`: it was something else');
const label = z.string().min(1).max(128);

export const newCorrection = z
  .strictObject({ verdict, label: label.optional().describe('of `other`: what was there') })
  .superRefine((given, context) => {
    if ((given.verdict === 'other') !== (given.label !== undefined))
      context.addIssue({ code: 'custom', path: ['label'], message: 'must be there with "other", and only with it' });
  });
export type NewCorrection = z.infer<typeof newCorrection>;

export const correction = z.object({ verdict, label: label.optional(), by: z.string(), at: time });
export type Correction = z.infer<typeof correction>;
