/** What some models know of an object beside its box. Coordinates are fractions of the source frame, as those of the box. */
import { z } from 'zod';
import { type Point, point } from '../names.ts';

export const MAX_KEYPOINTS = 512;
/** Most rings of a mask, and most points of a ring. */
export const MAX_RINGS = 4;
export const MAX_RING_POINTS = 64;

const share = z.number().min(0).max(1);

export const keypoint = z.looseObject({
  name: z.string().max(64).describe('as the package names it; without names its number, from 0'),
  x: share,
  y: share,
  score: share.optional().describe('how sure its place is, or how visible it is; absent: the model does not say'),
});
export type Keypoint = z.infer<typeof keypoint>;

export const keypoints = z
  .array(keypoint)
  .max(MAX_KEYPOINTS)
  .describe('in the order of the model; a point outside of the frame lies on its edge');

export const mask = z
  .array(z.array(point).min(3).max(MAX_RING_POINTS))
  .max(MAX_RINGS)
  .describe('outline of the object: rings of points, the largest first; a ring within another is a hole (even-odd)');

/** Optional in whatever carries a box: who does not know them leaves them. */
export const details = { keypoints: keypoints.optional(), mask: mask.optional() };
export interface Details {
  readonly keypoints?: Keypoint[] | undefined;
  readonly mask?: Point[][] | undefined;
}

/** The details alone, of whatever has them. */
export function detailsOf({ keypoints: points, mask: rings }: Details): Details {
  return { ...(points ? { keypoints: points } : {}), ...(rings ? { mask: rings } : {}) };
}

/** What a keypoint weighs beside a point of a mask, in bytes of JSON. */
const KEYPOINT_WEIGHT = 3;

/**
 * Objects of which the first keep their details, as far as these have together at most so many points; the others keep their
 * boxes. For messages whose size is bounded.
 */
export function withinPoints<T extends Details>(objects: readonly T[], most: number): T[] {
  let left = most;
  return objects.map((object) => {
    const { keypoints: points = [], mask: rings = [], ...bare } = object;
    left -= KEYPOINT_WEIGHT * points.length + rings.reduce((sum, ring) => sum + ring.length, 0);
    return left >= 0 ? object : (bare as T);
  });
}
