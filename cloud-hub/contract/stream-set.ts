/** Sets of streams. */
import { z } from 'zod';
import { digest } from '../../shared/contract/messages/desired.ts';
import { name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

/** What a whole device streams: replaces `streams` of its configuration. Named by the digest of its content. */
export const streamSet = z.object({
  id: z.string(),
  revision: digest,
  name,
  streams: z.record(z.string(), z.unknown()),
  createdAt: time,
  createdBy: z.string(),
});
export type StreamSet = z.infer<typeof streamSet>;
