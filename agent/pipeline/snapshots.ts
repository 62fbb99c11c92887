/**
 * Pictures of a walk: crops for the events that want one, and previews while somebody watches. They are made in the
 * background, and events leave in the order in which they happened.
 */
import { withinPoints } from '../../shared/contract/messages/detail.ts';
import type { Box } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Found } from './judge.ts';
import type { Look } from './look.ts';
import type { EventBody, WalkOutputs } from './outputs.ts';
import { peakOf } from './sensor/by-channel.ts';
import type { Source, SourceFrame, SourcePicture } from './source/picture/source.ts';
import type { FrameInfo, RuleEvent } from './stage.ts';
import type { Walk } from './walk-parts.ts';

export interface Snapshots extends Pick<Walk, 'watch'> {
  /**
   * Gives the frame back to its source, after the pictures that are wanted of it have been asked for.
   * @param samples ids of the samples of the events, where they have one
   */
  release(source: Source, frame: SourceFrame, look: Look, samples?: readonly (string | undefined)[]): void;
  /** Events of frames that have been released already: they get no picture. */
  report(found: readonly Found[]): void;
  /** Resolves when everything up to now has left. */
  made(): Promise<void>;
}

/** Of the keypoints and masks of a preview, together: its header is bounded. */
const MOST_POINTS = 5000;
const CROP_SIDE = 320;
/** The crop shows so much of what is around the object, of its size. */
const CROP_MARGIN = 0.2;

export function createSnapshots(stream: string, clock: Clock, out: WalkOutputs): Snapshots {
  let watched = { until: Number.NEGATIVE_INFINITY, stepMs: 0, width: 0, next: 0 };
  let making: Promise<void> = Promise.resolve();

  const previewDue = (): boolean => {
    const now = clock.mono();
    if (now > watched.until || now < watched.next) return false;
    // Evenly; after a pause anew, without making up for it.
    const { next, stepMs } = watched;
    watched.next = (now - next > stepMs ? now : next) + stepMs;
    return true;
  };

  return {
    watch(until, fps, width) {
      watched = { ...watched, until, stepMs: 1000 / fps, width };
    },
    release(source, frame, { found, objects, hide, quietMs }, samples = []) {
      const previewed = previewDue();
      const picture = (box: Box, side: number) => (hide ? source.picture(frame, box, side, hide) : undefined);
      if (found.length === 0 && !previewed) return source.release(frame, quietMs);
      const crops = found.map(({ event }) => {
        // What happened while nobody looked is shown where it is by now.
        const box = objects.find((o) => o.track !== undefined && o.track === event.track)?.box ?? event.box;
        return event.snapshot ? picture(box ? widen(box) : [0, 0, 1, 1], CROP_SIDE) : undefined;
      });
      const whole = previewed ? picture([0, 0, 1, 1], watched.width) : undefined;
      // Requests are answered in order and before the release, which is sent after them.
      source.release(frame, quietMs);
      making = making.then(async () => {
        for (const [index, { event, at }] of found.entries())
          out.onRecord(eventBody(stream, at, event, await crops[index], samples[index]));
        const made = await whole;
        if (!made) return;
        const { width, height } = made;
        const detections = withinPoints(objects, MOST_POINTS);
        out.onPreview({ stream, frame: frame.frame, ptsMs: frame.ptsMs, width, height, detections }, made.jpeg);
      });
    },
    report(found) {
      making = making.then(() => {
        for (const { event, at } of found) out.onRecord(eventBody(stream, at, event, undefined));
      });
    },
    made: () => making,
  };
}

/** @param frame in which it happened */
function eventBody(
  stream: string,
  frame: FrameInfo,
  event: RuleEvent,
  crop: SourcePicture | undefined,
  sample?: string,
): EventBody {
  const { snapshot: _, path, peak, ...rest } = event;
  return {
    kind: 'event',
    stream,
    ...rest,
    ...peakOf(peak, []),
    frame: frame.frame,
    ptsMs: frame.ptsMs,
    ...(path ? { path: [...path] } : {}),
    ...(sample === undefined ? {} : { sample }),
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

function widen([x, y, width, height]: Box): Box {
  const left = Math.max(0, x - width * CROP_MARGIN);
  const top = Math.max(0, y - height * CROP_MARGIN);
  return [
    left,
    top,
    Math.min(1, x + width * (1 + CROP_MARGIN)) - left,
    Math.min(1, y + height * (1 + CROP_MARGIN)) - top,
  ];
}
