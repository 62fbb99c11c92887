/** `down/command`: short-lived wishes of the hub; a lost one is simply asked again. */
import { z } from 'zod';
import { name } from '../names.ts';

/** Somebody watches a stream: send pictures on `up/preview` for `seconds`, at most `fps` a second. */
export const previewCommand = z.looseObject({
  kind: z.literal('preview'),
  stream: name,
  seconds: z.number().positive().max(60),
  fps: z.number().positive().max(15),
  width: z.number().int().min(64).max(1920),
});
export type PreviewCommand = z.infer<typeof previewCommand>;

export const command = z.discriminatedUnion('kind', [previewCommand]);
export type Command = z.infer<typeof command>;
