/** Finds the few scores that count among many: a million values per frame, so these loops have to stay bare. */
import { CodedError } from '../../kit/errors.ts';

/** The best label of a row (an anchor), not below the threshold. */
export interface Hit {
  readonly row: number;
  readonly label: number;
  readonly score: number;
}

/** How the scores of a table lie in an output. */
export interface ScoreTable {
  readonly rows: number;
  readonly labels: number;
  /** Index of the first score. */
  readonly start: number;
  /** Values from one row to the next; with labels last, the whole width of a row. */
  readonly width: number;
}

/**
 * Index of the first value in `from` … `to` (exclusive) that is not below `threshold`, or `to`. NaN and infinities, the
 * negative one too, are never below. Four values a turn: that halves the time of the whole scan.
 */
function nextNotBelow(values: Float32Array, from: number, to: number, threshold: number): number {
  let i = from;
  for (; i + 4 <= to; i += 4) {
    const a = values[i] as number;
    const b = values[i + 1] as number;
    const c = values[i + 2] as number;
    const d = values[i + 3] as number;
    const below = a < threshold && b < threshold && c < threshold && d < threshold;
    if (!below || a + b + c + d === Number.NEGATIVE_INFINITY) break;
  }
  for (; i < to; i++) {
    const value = values[i] as number;
    if (!(value < threshold && value > Number.NEGATIVE_INFINITY)) break;
  }
  return i;
}

/** Indices of the values that are not below `threshold`, in rising order; NaN and infinities are among them. */
export function notBelow(values: Float32Array, threshold: number): number[] {
  const found: number[] = [];
  const end = values.length;
  for (let i = nextNotBelow(values, 0, end, threshold); i < end; i = nextNotBelow(values, i + 1, end, threshold)) {
    found.push(i);
  }
  return found;
}

/**
 * The best label of each row, where a row's scores lie side by side; of equal scores the first label.
 * @throws CodedError `model-failed` for NaN or an infinite score
 */
export function bestOfRows(values: Float32Array, table: ScoreTable, threshold: number, kind: string): Hit[] {
  const { rows, labels, start, width } = table;
  const found: Hit[] = [];
  for (let row = 0, at = start; row < rows; row++, at += width) {
    const end = at + labels;
    let best: Hit | undefined;
    for (let i = nextNotBelow(values, at, end, threshold); i < end; i = nextNotBelow(values, i + 1, end, threshold)) {
      const score = finite(values[i] as number, row, kind);
      if (!best || score > best.score) best = { row, label: i - at, score };
    }
    if (best) found.push(best);
  }
  return found;
}

/**
 * The best label of each row, where all rows' scores of a label lie side by side (`width` = rows); of equal scores the
 * first label.
 * @throws CodedError `model-failed` for NaN or an infinite score
 */
export function bestOfColumns(values: Float32Array, table: ScoreTable, threshold: number, kind: string): Hit[] {
  const { rows, labels, start, width } = table;
  const scores = values.subarray(start, start + labels * width);
  const best = new Map<number, Hit>();
  for (const i of notBelow(scores, threshold)) {
    const row = i % width;
    if (row >= rows) continue;
    const score = finite(scores[i] as number, row, kind);
    const known = best.get(row);
    if (!known || score > known.score) best.set(row, { row, label: Math.floor(i / width), score });
  }
  return [...best.values()];
}

function finite(score: number, row: number, kind: string): number {
  if (Number.isFinite(score)) return score;
  throw new CodedError('model-failed', `${kind}: a score of row ${row} is ${score}`);
}
