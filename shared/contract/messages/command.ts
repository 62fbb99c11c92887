/** `down/command`: short-lived requests of the hub; a lost one is simply sent again. */
import { z } from 'zod';
import { MAX_TEXT, name } from '../names.ts';
import { logCommand } from './log.ts';

/** Somebody watches a stream: send pictures on `up/preview` for `seconds`, at most `fps` per second. */
export const previewCommand = z.looseObject({
  kind: z.literal('preview'),
  stream: name,
  seconds: z.number().positive().max(60),
  fps: z.number().positive().max(15),
  width: z.number().int().min(64).max(1920),
});
export type PreviewCommand = z.infer<typeof previewCommand>;

/** The hub noticed something that the device cannot see itself: it becomes an `error` record of this code. */
export const noticeCommand = z.looseObject({
  kind: z.literal('notice'),
  code: z.enum(['identity-shared', 'quota-reached']),
  message: z.string().max(MAX_TEXT),
});

export const command = z.discriminatedUnion('kind', [previewCommand, noticeCommand, logCommand]);
export type Command = z.infer<typeof command>;
