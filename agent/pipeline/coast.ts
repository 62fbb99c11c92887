/** Where everybody is in a frame that no model saw: pure geometry. */
import { detailsOf } from '../../shared/contract/messages/detail.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Box, Point } from '../../shared/contract/names.ts';
import type { Moving, Tracked } from './stage.ts';

/** What was seen, and when (ms). */
export type Sight = readonly [tracked: readonly Tracked[], ptsMs: number];

/**
 * In hindsight: who was seen before and after was on the straight way between; who was seen only once was there in the half
 * of the time that is nearer to it.
 * @returns by falling score; no track that neither sight has
 */
export function between(ptsMs: number, [before, beforeMs]: Sight, [after, afterMs]: Sight): Tracked[] {
  const part = afterMs > beforeMs ? (ptsMs - beforeMs) / (afterMs - beforeMs) : 0;
  const earlier = new Map(before.map((object) => [object.track, object]));
  const later = new Map(after.map((object) => [object.track, object]));
  return [...new Set([...earlier.keys(), ...later.keys()])]
    .flatMap((track): Tracked[] => {
      const [from, to] = [earlier.get(track), later.get(track)];
      const nearer = part < 0.5 ? from : to;
      return nearer ? [from && to ? moved(nearer, mix(from.box, to.box, part)) : nearer] : [];
    })
    .toSorted((a, b) => b.score - a.score);
}

/** For a picture now: objects have gone on for `ms` as their tracks went. */
export function onward(tracked: readonly Tracked[], moving: readonly Moving[], ms: number): Detection[] {
  const speeds = new Map(moving.map(({ track, velocity }) => [track, velocity]));
  return tracked.map((object) => {
    const [vx, vy] = speeds.get(object.track) ?? [0, 0];
    const [x, y, width, height] = object.box;
    return moved(object, [x + (vx * ms) / 1000, y + (vy * ms) / 1000, width, height]);
  });
}

/** An object whose keypoints and mask go where its box goes. */
function moved<T extends Detection>(object: T, box: Box): T {
  const { keypoints, mask } = object;
  if (!keypoints && !mask) return { ...object, box };
  const [fromX, fromY, fromWidth, fromHeight] = object.box;
  const at = (value: number, from: number, length: number, to: number, size: number) =>
    Math.min(1, Math.max(0, to + (length > 0 ? ((value - from) * size) / length : 0)));
  const place = (x: number, y: number): Point => [
    at(x, fromX, fromWidth, box[0], box[2]),
    at(y, fromY, fromHeight, box[1], box[3]),
  ];
  const points = keypoints?.map((point) => {
    const [x, y] = place(point.x, point.y);
    return { ...point, x, y };
  });
  return {
    ...object,
    box,
    ...detailsOf({ keypoints: points, mask: mask?.map((ring) => ring.map(([x, y]) => place(x, y))) }),
  };
}

function mix(a: Box, b: Box, part: number): Box {
  const at = (i: 0 | 1 | 2 | 3) => a[i] + (b[i] - a[i]) * part;
  return [at(0), at(1), at(2), at(3)];
}
