/**
 * Tracking by overlap (Bochinski et al., "High-Speed Tracking-by-Detection Without Using Image Information", AVSS 2017),
 * with the box moved on by its last speed while it is not seen.
 */

import type { TrackConfig } from '../../../shared/contract/config/stream.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box } from '../../../shared/contract/names.ts';
import type { Tracked, Tracker } from '../stage.ts';

interface Track {
  readonly id: number;
  readonly label: string;
  /** Where it is expected now. */
  box: Box;
  /** Movement of the centre a frame, smoothed. */
  speed: readonly [number, number];
  unseen: number;
}

/** How much of a new speed is believed. */
const SPEED_GAIN = 0.3;

/** Ids rise from 1 and are never used again. */
export function createIouTracker(config: TrackConfig): Tracker {
  let nextId = 1;
  let tracks: Track[] = [];

  const assign = (detections: readonly Detection[]): Map<number, Track> => {
    const pairs = detections.flatMap((d, index) =>
      tracks
        .filter((t) => t.label === d.label)
        .map((track) => ({ index, track, overlap: iou(d.box, track.box) }))
        .filter((pair) => pair.overlap >= config.iou),
    );
    const byDetection = new Map<number, Track>();
    const taken = new Set<Track>();
    for (const { index, track } of pairs.sort((a, b) => b.overlap - a.overlap)) {
      if (byDetection.has(index) || taken.has(track)) continue;
      byDetection.set(index, track);
      taken.add(track);
    }
    return byDetection;
  };

  return {
    update(detections) {
      for (const track of tracks) {
        track.box = [track.box[0] + track.speed[0], track.box[1] + track.speed[1], track.box[2], track.box[3]];
        track.unseen++;
      }
      const matches = assign(detections);
      const began: Tracked[] = [];
      const tracked = detections.map((detection, index) => {
        const known = matches.get(index);
        if (known) {
          see(known, detection.box);
          return { ...detection, track: known.id };
        }
        const track: Track = { id: nextId++, label: detection.label, box: detection.box, speed: [0, 0], unseen: 0 };
        tracks.push(track);
        const result = { ...detection, track: track.id };
        began.push(result);
        return result;
      });
      const ended = tracks.filter((t) => t.unseen > config.lostFrames).map((t) => t.id);
      tracks = tracks.filter((t) => t.unseen <= config.lostFrames);
      return { tracked, began, ended };
    },
  };
}

/** `track.box` is the expectation; the detection corrects place and speed. */
function see(track: Track, box: Box): void {
  const frames = track.unseen;
  const error = [centre(box, 0) - centre(track.box, 0), centre(box, 1) - centre(track.box, 1)] as const;
  track.speed = [track.speed[0] + (SPEED_GAIN * error[0]) / frames, track.speed[1] + (SPEED_GAIN * error[1]) / frames];
  track.box = box;
  track.unseen = 0;
}

function centre(box: Box, axis: 0 | 1): number {
  return axis === 0 ? box[0] + box[2] / 2 : box[1] + box[3] / 2;
}

/** Intersection over union of two [x, y, width, height] boxes, 0 to 1. */
function iou(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}
