/** The arithmetic of YOLO's layouts (`yolo.ts` says what they are). */
import { CodedError } from '../../kit/errors.ts';
import { addBox, cornersOf } from './boxes.ts';
import type { Candidate } from './head.ts';
import { bestOfColumns, bestOfRows } from './scan.ts';

export interface YoloTable {
  readonly labels: number;
  readonly anchors: number;
  /** Columns after the scores. */
  readonly extra: number;
  /** The last column is the angle of the box, in radians. */
  readonly angle: boolean;
}

/**
 * Boxes and scores, in columns or in rows.
 * @param scale input pixels per unit of the boxes, on each axis
 */
export function decodeAnchors(
  values: Float32Array,
  { labels, extra, angle }: YoloTable,
  order: 'columns' | 'rows',
  threshold: number,
  scale: readonly [number, number],
): Candidate[] {
  const width = 4 + labels + extra;
  const rows = rowsOf(values, width);
  const columns = order === 'columns';
  const hits = columns
    ? bestOfColumns(values, { rows, labels, start: 4 * rows, width: rows }, threshold, 'yolo')
    : bestOfRows(values, { rows, labels, start: 4, width }, threshold, 'yolo');
  const found: Candidate[] = [];
  for (const { row, label, score } of hits) {
    const at = (k: number) => values[columns ? k * rows + row : row * width + k] as number;
    const [w, h] = upright(at(2), at(3), angle ? at(width - 1) : 0);
    const [sx, sy] = scale;
    addBox(found, { label, score, row, ...cornersOf(at(0) * sx, at(1) * sy, w * sx, h * sy) }, 'yolo', row);
  }
  return found;
}

/** Rows of a box, an objectness and scores. */
export function decodeObjectness(
  values: Float32Array,
  { labels, extra, angle }: YoloTable,
  threshold: number,
): Candidate[] {
  const width = 5 + labels + extra;
  const rows = rowsOf(values, width);
  const found: Candidate[] = [];
  for (let row = 0, start = 0; row < rows; row++, start += width) {
    const objectness = values[start + 4] as number;
    if (!Number.isFinite(objectness))
      throw new CodedError('model-failed', `yolo: the objectness of row ${row} is ${objectness}`);
    if (objectness < threshold) continue;
    let label = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < labels; c++) {
      const score = values[start + 5 + c] as number;
      // A comparison would pass over NaN.
      if (!Number.isFinite(score)) throw new CodedError('model-failed', `yolo: a score of row ${row} is ${score}`);
      if (score > best) {
        best = score;
        label = c;
      }
    }
    const score = objectness * best;
    if (score < threshold) continue;
    const at = (k: number) => values[start + k] as number;
    const [w, h] = upright(at(2), at(3), angle ? at(width - 1) : 0);
    addBox(found, { label, score, row, ...cornersOf(at(0), at(1), w, h) }, 'yolo', row);
  }
  return found;
}

/** Rows of corners, a score and a label. */
export function decodeSuppressed(values: Float32Array, { labels, extra }: YoloTable, threshold: number): Candidate[] {
  const width = 6 + extra;
  const rows = rowsOf(values, width);
  const found: Candidate[] = [];
  for (let row = 0, start = 0; row < rows; row++, start += width) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, label = 0] = values.subarray(start, start + 6);
    if (score < threshold && score > Number.NEGATIVE_INFINITY) continue;
    if (!Number.isInteger(label) || label < 0 || label >= labels) {
      throw new CodedError('model-failed', `yolo: row ${row} has label ${label}, of ${labels} labels`);
    }
    addBox(found, { label, score, row, x1, y1, x2, y2 }, 'yolo', row);
  }
  return found;
}

function rowsOf(values: Float32Array, width: number): number {
  if (values.length % width === 0) return values.length / width;
  throw new CodedError('model-failed', `yolo: ${values.length} values are no rows of ${width}`);
}

/** Width and height of the upright box around a turned one. */
function upright(width: number, height: number, radians: number): readonly [number, number] {
  if (radians === 0) return [width, height];
  const [cos, sin] = [Math.abs(Math.cos(radians)), Math.abs(Math.sin(radians))];
  return [width * cos + height * sin, width * sin + height * cos];
}
