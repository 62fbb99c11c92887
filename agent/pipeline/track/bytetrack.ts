/**
 * ByteTrack (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022,
 * arXiv:2110.06864): detections above the stream's threshold are associated first, with seen and lost tracks; the rest,
 * which an occluded object still gives, may only continue a track that was seen in the frame before. What is left of the
 * high ones is associated once more by buffered boxes (Yang et al., "Hard to Track Objects with Irregular Motions and Similar
 * Appearances? Make It Easier by Buffering the Matching Space", WACV 2023, arXiv:2211.14317), the buffer growing with the
 * time since the track was seen: at two frames a second a walker whose speed is not known yet has left his box.
 *
 * Invariants:
 * 1. Ids rise from 1 and are never used again; a track keeps its label.
 * 2. No two detections of a frame have the same track.
 * 3. The result does not depend on the order of the detections.
 */
import type { TrackConfig } from '../../../shared/contract/config/track.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box } from '../../../shared/contract/names.ts';
import { counts, type Thresholds } from '../../../shared/contract/thresholds.ts';
import { iou } from '../../../shared/kit/iou.ts';
import type { Tracked, Tracker } from '../stage.ts';
import { assign } from './assign.ts';
import { type BoxFilter, createBoxFilter } from './kalman.ts';

interface Track {
  readonly id: number;
  readonly label: string;
  readonly filter: BoxFilter;
  /** Frames, analysed or coasted, since it was last seen, and when that was. */
  unseen: number;
  seenMs: number;
  last: Detection;
}

/** As published, for the second association: a box of low score must lie well on its track. */
const LOW_IOU = 0.5;
/** How far an object may have strayed from where it was expected, in its heights a second and at most; least overlap then. */
const STRAY = 1;
const MAX_STRAY = 0.5;
const BUFFERED_IOU = 0.2;
/** Who was far off is the same only if he is about as tall. */
const LEAST_LIKENESS = 0.6;
/** A track unseen for more frames is not looked out for. */
const LATELY = 3;
/** Nobody keeps his speed for longer than this; and what was gated for longer has not moved at all. */
const MAX_STEP_S = 1;

/**
 * @param thresholds of the stream, asked for each frame: detections from there on are objects and get a track, lower ones do not
 */
export function createByteTracker(config: TrackConfig, thresholds: () => Thresholds): Tracker {
  let nextId = 1;
  let tracks: Track[] = [];
  let lastMs: number | undefined;

  /** Continues of `candidates` those that fit best, label by label; adds them to `found`. */
  const associate = (
    detections: readonly Detection[],
    candidates: readonly Track[],
    least: number,
    found: Map<Detection, Track>,
    overlap = (detection: Detection, _: Track, box: Box) => iou(detection.box, box),
  ): void => {
    for (const label of new Set(detections.map((d) => d.label))) {
      const boxes = candidates.filter((t) => t.label === label).map((track) => ({ track, box: track.filter.box() }));
      const near = detections
        .filter((d) => d.label === label)
        .map((detection) => ({ detection, overlaps: boxes.map(({ track, box }) => overlap(detection, track, box)) }));
      // Most tracks of a crowd are near no detection of a frame, and new ones near no track: they need not be asked.
      const rows = near.filter(({ overlaps }) => overlaps.some((overlap) => overlap >= least));
      const columns = boxes.flatMap(({ track }, index) =>
        rows.some(({ overlaps }) => (overlaps[index] ?? 0) >= least) ? [{ track, index }] : [],
      );
      // What does not overlap enough costs as much as going without: it cannot push a good pair apart.
      const costs = rows.flatMap(({ overlaps }) =>
        columns.map(({ index }) => 1 - Math.max(least, overlaps[index] ?? 0)),
      );
      for (const [row, column] of assign(Float64Array.from(costs), rows.length, columns.length).entries()) {
        const [pair, chosen] = [rows[row], columns[column]];
        if (pair && chosen && (pair.overlaps[chosen.index] ?? 0) >= least) found.set(pair.detection, chosen.track);
      }
    }
  };

  return {
    update(detections, ptsMs, coasted = 0) {
      const seconds = Math.min(MAX_STEP_S, Math.max(0, ptsMs - (lastMs ?? ptsMs)) / 1000);
      lastMs = ptsMs;
      for (const track of tracks) track.filter.predict(seconds, track.unseen > 0);
      const ordered = detections.toSorted(byScoreAndPlace);
      const floors = thresholds();
      const high = ordered.filter((d) => counts(floors, d));
      const low = ordered.filter((d) => !counts(floors, d) && d.score >= config.low);

      const found = new Map<Detection, Track>();
      associate(high, tracks, config.iou, found);
      const taken = new Set(found.values());
      const left = tracks.filter((t) => t.unseen === 0 && !taken.has(t));
      associate(low, left, LOW_IOU, found);
      const kept = new Set(found.values());
      const strays = high.filter((d) => !found.has(d));
      const sought = tracks.filter((t) => !kept.has(t));
      associate(strays, sought, BUFFERED_IOU, found, (detection, { seenMs }, box) =>
        bufferedIou(detection.box, box, STRAY * Math.min(MAX_STEP_S, (ptsMs - seenMs) / 1000)),
      );

      for (const track of tracks) track.unseen += 1 + coasted;
      for (const [detection, track] of found) {
        track.filter.correct(detection.box);
        track.unseen = 0;
        track.seenMs = ptsMs;
        track.last = detection;
      }
      const born = new Set<Track>();
      for (const detection of high) {
        if (found.has(detection)) continue;
        const filter = createBoxFilter(detection.box);
        const track: Track = {
          id: nextId++,
          label: detection.label,
          filter,
          unseen: 0,
          seenMs: ptsMs,
          last: detection,
        };
        born.add(track);
        found.set(detection, track);
      }
      const tracked: Tracked[] = [];
      const began: Tracked[] = [];
      for (const detection of detections) {
        const track = counts(floors, detection) && found.get(detection);
        if (!track) continue;
        const result = { ...detection, track: track.id };
        tracked.push(result);
        if (born.has(track)) began.push(result);
      }
      const ended = tracks.filter((t) => t.unseen > config.lostFrames).map((t) => t.id);
      tracks = [...tracks.filter((t) => t.unseen <= config.lostFrames), ...born];
      return { tracked, began, ended };
    },
    moving: () =>
      tracks
        .filter((t) => t.unseen <= LATELY)
        .map(({ id, filter, last }) => ({ ...last, track: id, box: filter.box(), velocity: filter.velocity() })),
  };
}

function byScoreAndPlace(a: Detection, b: Detection): number {
  return (
    b.score - a.score ||
    a.box[0] - b.box[0] ||
    a.box[1] - b.box[1] ||
    a.box[2] - b.box[2] ||
    a.box[3] - b.box[3] ||
    (a.label < b.label ? -1 : 1)
  );
}

/** Overlap of two boxes that have each grown by half of what the object may have strayed, in its heights; 0 if unlike. */
function bufferedIou(a: Box, b: Box, stray: number): number {
  const [small, tall] = a[3] < b[3] ? [a[3], b[3]] : [b[3], a[3]];
  if (small < LEAST_LIKENESS * tall) return 0;
  const by = (Math.min(MAX_STRAY, stray) * small) / 2;
  return iou(grow(a, by), grow(b, by));
}

function grow([x, y, width, height]: Box, by: number): Box {
  return [x - by, y - by, width + 2 * by, height + 2 * by];
}
