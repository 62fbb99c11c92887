/** The record of what a rule found. */
import type { EventRecord } from '../../shared/contract/messages/record.ts';
import type { Box } from '../../shared/contract/names.ts';
import type { SourcePicture } from './source/source.ts';
import type { FrameInfo, RuleEvent } from './stage.ts';

export type EventBody = Omit<EventRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock' | 'model'>;

const CROP_MARGIN = 0.2;

/** @param frame in which it happened */
export function eventBody(
  stream: string,
  frame: FrameInfo,
  event: RuleEvent,
  crop: SourcePicture | undefined,
): EventBody {
  const { snapshot: _, path, ...rest } = event;
  return {
    kind: 'event',
    stream,
    ...rest,
    frame: frame.frame,
    ptsMs: frame.ptsMs,
    ...(path ? { path: [...path] } : {}),
    ...(crop
      ? {
          snapshot: {
            mime: 'image/jpeg',
            width: crop.width,
            height: crop.height,
            data: Buffer.from(crop.jpeg).toString('base64'),
          },
        }
      : {}),
  };
}

/** The crop shows a little of what is around the object. */
export function widen([x, y, width, height]: Box): Box {
  const left = Math.max(0, x - width * CROP_MARGIN);
  const top = Math.max(0, y - height * CROP_MARGIN);
  return [
    left,
    top,
    Math.min(1, x + width * (1 + CROP_MARGIN)) - left,
    Math.min(1, y + height * (1 + CROP_MARGIN)) - top,
  ];
}
