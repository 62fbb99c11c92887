/** Header of `up/preview` and of the pictures on the hub's live feed; the JPEG follows it (codec.ts). */
import { z } from 'zod';
import { box, count, name } from '../names.ts';
import { details } from './detail.ts';

export const detection = z.looseObject({
  label: z.string().max(128),
  score: z.number(),
  box,
  track: count.optional(),
  ...details,
});
export type Detection = z.infer<typeof detection>;

export const previewHeader = z.looseObject({
  stream: name,
  frame: count,
  ptsMs: z.number(),
  wall: z.number(),
  width: count,
  height: count,
  detections: z.array(detection).max(1000),
});
export type PreviewHeader = z.infer<typeof previewHeader>;
/** A header as the runner makes it; the supervisor adds the time. */
export type PreviewBody = Pick<PreviewHeader, 'stream' | 'frame' | 'ptsMs' | 'width' | 'height' | 'detections'>;
