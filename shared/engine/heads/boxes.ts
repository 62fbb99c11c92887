/** Small arithmetic that several detectors share. */
import { CodedError } from '../../kit/errors.ts';
import type { Candidate } from './head.ts';

/** A cell of a detector's grid. */
export interface Cell {
  readonly x: number;
  readonly y: number;
  /** Input pixels from one cell to the next. */
  readonly stride: number;
}

/** All cells, stride by stride and row by row; a cell that the input covers only in part counts where `partial` says so. */
export function cellsOf(strides: readonly number[], width: number, height: number, partial = false): Cell[] {
  const count = partial ? Math.ceil : Math.floor;
  return strides.flatMap((stride) => {
    const columns = count(width / stride);
    const rows = count(height / stride);
    return Array.from({ length: rows * columns }, (_, i) => ({ x: i % columns, y: Math.floor(i / columns), stride }));
  });
}

/**
 * Adds a box, unless it is empty.
 * @throws CodedError `model-failed` for a score or a side that is NaN or infinite
 */
export function addBox(found: Candidate[], box: Candidate, kind: string, row: number): void {
  if (!Number.isFinite(box.score + box.x1 + box.y1 + box.x2 + box.y2)) {
    throw new CodedError('model-failed', `${kind}: the score or box of row ${row} is NaN or infinite`);
  }
  if (box.x2 > box.x1 && box.y2 > box.y1) found.push({ ...box, score: Math.min(1, box.score) });
}

/** A box by its centre and size, in the same unit as the corners that it gives. */
export function cornersOf(cx: number, cy: number, width: number, height: number) {
  return { x1: cx - width / 2, y1: cy - height / 2, x2: cx + width / 2, y2: cy + height / 2 };
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Where the sigmoid is `score`: comparing with it saves one exponential per value. Infinite for 0 and 1. */
export function logit(score: number): number {
  return Math.log(score / (1 - score));
}
