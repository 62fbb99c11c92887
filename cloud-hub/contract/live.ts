/**
 * The ws feed at `/api/v1/live`. Text frames are these JSON messages; binary frames are pictures: shared/contract/codec.ts
 * `encodePicture` with `livePictureHeader`. Pictures come only for the stream that the client watches.
 */
import { z } from 'zod';
import { previewHeader } from '../../shared/contract/messages/preview.ts';
import { name } from '../../shared/contract/names.ts';
import { device } from './device.ts';
import { event } from './event.ts';
import { problem } from './problem.ts';
import { reading } from './reading.ts';
import { rollout, rolloutDevice } from './rollout.ts';
import { summary } from './summary.ts';

export const liveMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('device'), device }),
  z.object({ type: z.literal('event'), event }),
  /** An event that was told before has its second opinion, or an operator has corrected it or taken that back. */
  z.object({ type: z.literal('amendment'), event }),
  z.object({ type: z.literal('summary'), summary }),
  z.object({ type: z.literal('reading'), reading }),
  z.object({ type: z.literal('problem'), problem }),
  /** A rollout as it is now, and those of its devices that changed. */
  z.object({ type: z.literal('rollout'), rollout, devices: z.array(rolloutDevice) }),
]);
export type LiveMessage = z.infer<typeof liveMessage>;

/** What a client may say. A watch lasts until `unwatch`, another `watch`, or the end of the connection. */
export const liveRequest = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('watch'), device: name, stream: name }),
  z.strictObject({ type: z.literal('unwatch') }),
]);
export type LiveRequest = z.infer<typeof liveRequest>;

export const livePictureHeader = previewHeader.extend({ device: name });
export type LivePictureHeader = z.infer<typeof livePictureHeader>;
