/**
 * Is something wrong with a camera that still gives pictures? Pure; looks at a small brightness plane, once a second.
 *
 * - `frozen`: for three minutes no picture came that was not seen before, and nothing moved in them. A camera repeats pictures
 *   exactly only when it hangs: the noise of a real one, at night too, makes each picture that is coded whole a new one. Codecs that
 *   save bits code one whole at least each minute, hence the three. A loop of a recording repeats itself too, but things move in it.
 * - `covered`: within seconds the picture lost most of its detail, and stays without: a cloth, paint, a hand, a truck. Dusk and
 *   fog take minutes, and what is usual goes with them.
 * - `dark`: the same, and nearly black: a lens cap, or somebody switched the light off.
 */
import type { PictureFault } from '../../../shared/contract/messages/report.ts';
import { fnv1a } from '../../../shared/kit/fnv1a.ts';
import type { PictureWatch } from '../stage.ts';

const PLANE = { width: 64, height: 36 };
const EVERY_MS = 1000;

const FROZEN_MS = 180_000;
/** Of a source that gives a picture now and then, so many must be alike. */
const FROZEN_PICTURES = 20;
/** Pictures are remembered for so long. */
const REMEMBERED_MS = 600_000;
/** A place that differs by so many gray levels has moved. */
const MOVED = 8;

/** Gray levels between neighbours; of a picture with less nothing can be said. */
const LEAST_DETAIL = 1.5;
/** Part of the usual detail: below it is covered, above it is clear. */
const COVERED = 0.2;
const CLEAR = 0.4;
/** A fall from this part of the usual detail, within this time, is sudden. */
const HIGH = 0.6;
const SUDDEN_MS = 20_000;
const COVERED_MS = 10_000;
const COVERED_PICTURES = 5;
/** The usual detail is learned so long before anything is said, and forgets so slowly. */
const LEARNED_MS = 60_000;
const USUAL_MS = 600_000;
/** Mean gray level, 0 to 255. */
const DARK = 24;

export function createPictureWatch(): PictureWatch {
  const isFrozen = createStillness();
  const coverOf = createCover();
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    plane: PLANE,
    due: (atMs) => atMs - lookedAt >= EVERY_MS,
    see(luma, atMs) {
      const sinceMs = atMs - lookedAt;
      lookedAt = atMs;
      // Both look at each picture.
      const frozen = isFrozen(luma, atMs);
      const cover = coverOf(luma, atMs, sinceMs);
      // What covers a camera completely may leave it nothing that changes.
      return cover ?? (frozen ? 'frozen' : undefined);
    },
  };
}

function createStillness(): (luma: Uint8Array, atMs: number) => boolean {
  /** When a picture was seen last, by its hash, the oldest first. */
  const seen = new Map<number, number>();
  const reference = new Uint8Array(PLANE.width * PLANE.height);
  let newAt = Number.NEGATIVE_INFINITY;
  let alike = 0;
  return (luma, atMs) => {
    for (const [hash, at] of seen) {
      if (atMs - at < REMEMBERED_MS) break;
      seen.delete(hash);
    }
    const hash = fnv1a(luma);
    const moved = luma.some((value, i) => Math.abs(value - (reference[i] as number)) >= MOVED);
    if (moved) reference.set(luma);
    if (moved || !seen.has(hash)) {
      newAt = atMs;
      alike = 0;
    } else alike++;
    seen.delete(hash);
    seen.set(hash, atMs);
    return alike >= FROZEN_PICTURES && atMs - newAt >= FROZEN_MS;
  };
}

function createCover(): (luma: Uint8Array, atMs: number, sinceMs: number) => PictureFault | undefined {
  let beganAt: number | undefined;
  let usual = 0;
  let highAt = Number.NEGATIVE_INFINITY;
  /** Since when, and in how many pictures, the detail is gone. */
  let lost: { readonly at: number; pictures: number } | undefined;
  return (luma, atMs, sinceMs) => {
    const detail = detailOf(luma);
    if (beganAt === undefined) {
      beganAt = atMs;
      usual = detail;
    }
    const isLow = detail < COVERED * usual;
    const sudden = atMs - highAt <= Math.max(SUDDEN_MS, 3 * sinceMs);
    const canTell = atMs - beganAt >= LEARNED_MS && usual >= LEAST_DETAIL;
    if (lost && detail >= CLEAR * usual) lost = undefined;
    else if (lost) lost.pictures++;
    else if (canTell && isLow && sudden) lost = { at: atMs, pictures: 1 };
    if (lost) {
      const isCovered = atMs - lost.at >= COVERED_MS && lost.pictures >= COVERED_PICTURES;
      return isCovered ? (meanOf(luma) < DARK ? 'dark' : 'covered') : undefined;
    }
    if (detail >= HIGH * usual) highAt = atMs;
    usual += (1 - Math.exp(-Math.min(sinceMs, USUAL_MS) / USUAL_MS)) * (detail - usual);
    return undefined;
  };
}

/** The mean step from a pixel to its right and lower neighbours, in gray levels. */
function detailOf(luma: Uint8Array): number {
  const { width, height } = PLANE;
  let sum = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let i = y * width; i < (y + 1) * width - 1; i++) {
      const value = luma[i] as number;
      sum += Math.abs(value - (luma[i + 1] as number)) + Math.abs(value - (luma[i + width] as number));
    }
  }
  return sum / ((width - 1) * (height - 1));
}

function meanOf(luma: Uint8Array): number {
  return luma.reduce((sum, value) => sum + value, 0) / luma.length;
}
