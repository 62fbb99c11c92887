/**
 * Masks out of prototypes and coefficients (Bolya et al., "YOLACT", ICCV 2019; github.com/ultralytics/ultralytics, `utils/ops.py`
 * `process_mask`): a pixel of the mask is the sum of coefficient x prototype, above zero inside of the object, and nothing
 * outside of its box. Prototypes are [1, masks, rows, columns], a coarse picture of the whole input.
 */
import { MAX_RING_POINTS, MAX_RINGS } from '../../contract/messages/detail.ts';
import { CodedError } from '../../kit/errors.ts';
import { contoursOf, doubleArea, type Ring } from './contour.ts';
import type { Candidate } from './head.ts';
import { simplified } from './simplify.ts';

export interface Prototypes {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Input pixels per column and per row. */
  readonly stride: readonly [x: number, y: number];
}

/** A third of a cell: less than a prototype's own error. */
const TOLERANCE = 0.3;
/** Rings of less than half a cell are noise, unless there is no other. */
const LEAST_DOUBLE_AREA = 1;

/**
 * @param coefficients one per prototype
 * @returns rings in input pixels, within the box, the largest first; none where nothing is above zero
 * @throws CodedError `model-failed` for NaN or infinities
 */
export function maskOf(coefficients: Float32Array, prototypes: Prototypes, box: Candidate, row: number): Ring[] {
  const { rows, columns } = prototypes;
  const [sx, sy] = prototypes.stride;
  // One cell more than the box covers, so that the line runs on over its edge, where it is cut; at the edge of the input too.
  const left = Math.max(-1, Math.floor(box.x1 / sx) - 1);
  const top = Math.max(-1, Math.floor(box.y1 / sy) - 1);
  const width = Math.min(columns, Math.ceil(box.x2 / sx)) + 1 - left;
  const height = Math.min(rows, Math.ceil(box.y2 / sy)) + 1 - top;
  if (width <= 0 || height <= 0) return [];
  const sums = summed(coefficients, prototypes, { left, top, width, height });
  if (!sums.every(Number.isFinite))
    throw new CodedError('model-failed', `yolo: the mask of row ${row} has a value that is NaN or infinite`);
  const rings = contoursOf(sums, width, height)
    .map((ring) => ({ ring, area: Math.abs(doubleArea(ring)) }))
    .toSorted((a, b) => b.area - a.area)
    .filter(({ area }, i) => i === 0 || area >= LEAST_DOUBLE_AREA)
    .slice(0, MAX_RINGS);
  const inBox = ([x, y]: Ring[number]): Ring[number] => [
    Math.min(box.x2, Math.max(box.x1, (x + left + 0.5) * sx)),
    Math.min(box.y2, Math.max(box.y1, (y + top + 0.5) * sy)),
  ];
  return rings
    .map(({ ring }) => simplified(ring.map(inBox), TOLERANCE * Math.min(sx, sy), MAX_RING_POINTS))
    .filter((ring) => ring.length >= 3);
}

interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function clamp(index: number, size: number): number {
  return Math.min(size - 1, Math.max(0, index));
}

/** The mask's values in a region, row by row; outside of the prototypes those at their edge go on. */
function summed(coefficients: Float32Array, { values, rows, columns }: Prototypes, region: Region): Float32Array {
  const { left, top, width, height } = region;
  const sums = new Float32Array(width * height);
  for (const [k, weight] of coefficients.entries()) {
    const plane = k * rows * columns;
    for (let y = 0; y < height; y++) {
      const line = plane + clamp(top + y, rows) * columns;
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        sums[i] = (sums[i] as number) + weight * (values[line + clamp(left + x, columns)] as number);
      }
    }
  }
  return sums;
}
