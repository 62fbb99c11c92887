/** How a stream gives its objects their identity over time. */
import { z } from 'zod';

export const trackConfig = z.strictObject({
  kind: z.literal('bytetrack').default('bytetrack'),
  iou: z.number().min(0.01).max(1).default(0.1).describe('least overlap that continues a track'),
  low: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.1)
    .describe("detections from this score to the stream's threshold continue a track, and show up nowhere else"),
  lostFrames: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(15)
    .describe('analysed frames after which an unseen track ends'),
});
export type TrackConfig = z.infer<typeof trackConfig>;
