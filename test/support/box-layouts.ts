/** As head-layouts.ts, for exports whose scores and boxes lie in outputs of their own, or that choose their detections themselves. */
import { type Size, type Thing, writeNanodet } from './head-layouts.ts';

const NOTHING = 0.001;
const logitOf = (score: number) => -Math.log(1 / score - 1);
const gridOf = ({ width, height }: Size, stride: number) => ({
  columns: Math.ceil(width / stride),
  rows: Math.ceil(height / stride),
});

/** The four numbers of a box as `form` has them, in pixels. */
export function boxBy(form: 'xyxy' | 'yxyx' | 'cxcywh' | 'xywh', { x1, y1, x2, y2 }: Thing): number[] {
  const all = {
    xyxy: [x1, y1, x2, y2],
    yxyx: [y1, x1, y2, x2],
    cxcywh: [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1],
    xywh: [x1, y1, x2 - x1, y2 - y1],
  };
  return all[form];
}

/** NanoDet's rows, taken apart: per stride the scores [cells, labels] and the distributions [cells, 4 x (regMax + 1)]. */
export function writeNanodetByStride(
  things: readonly Thing[],
  size: Size,
  labels: number,
  { strides = [8, 16, 32], regMax = 7, cellOffset = 0.5 } = {},
): { cells: number; scores: Float32Array; sides: Float32Array }[] {
  const width = labels + 4 * (regMax + 1);
  const joined = writeNanodet(things, size, labels, { strides, regMax, cellOffset });
  let row = 0;
  return strides.map((stride) => {
    const { columns, rows } = gridOf(size, stride);
    const cells = columns * rows;
    const lines = Array.from({ length: cells }, (_, i) => joined.subarray((row + i) * width, (row + i + 1) * width));
    row += cells;
    return {
      cells,
      scores: Float32Array.from(lines.flatMap((line) => [...line.subarray(0, labels)])),
      sides: Float32Array.from(lines.flatMap((line) => [...line.subarray(labels)])),
    };
  });
}

/** [rows, 5 + labels + extra]: centre and size in pixels, objectness, scores; the things take every 7th row. */
export function writeObjectness(things: readonly Thing[], labels: number, rows: number, extra = 0): Float32Array {
  const width = 5 + labels + extra;
  const values = new Float32Array(rows * width).fill(NOTHING);
  for (const [i, t] of things.entries()) {
    const start = ((i * 7) % rows) * width;
    values.set([...boxBy('cxcywh', t), Math.sqrt(t.score)], start);
    values[start + 5 + t.label] = Math.sqrt(t.score);
  }
  return values;
}

/** Boxes [rows, 4] by `write`, and scores [rows, columns] of which `first` come before the labels. */
export function writeScored(
  things: readonly Thing[],
  rows: number,
  columns: number,
  write: (thing: Thing) => readonly number[],
  first = 0,
): { boxes: Float32Array; scores: Float32Array } {
  const boxes = new Float32Array(rows * 4);
  const scores = new Float32Array(rows * columns).fill(NOTHING);
  for (const [i, t] of things.entries()) {
    const row = (i * 7) % rows;
    boxes.set(write(t), row * 4);
    scores[row * columns + first + t.label] = t.score;
  }
  return { boxes, scores };
}

/** Detections that a graph has chosen, in lists of `rows`. */
export function writeChosen(
  things: readonly Thing[],
  rows: number,
  write: (thing: Thing) => readonly number[],
  firstLabel = 0,
): Record<'boxes' | 'scores' | 'labels' | 'count', Float32Array> {
  const list = (values: (t: Thing) => readonly number[], width: number) => {
    const made = new Float32Array(rows * width);
    for (const [i, t] of things.entries()) made.set(values(t), i * width);
    return made;
  };
  return {
    boxes: list(write, write({ label: 0, score: 1, x1: 0, y1: 0, x2: 1, y2: 1 }).length),
    scores: list((t) => [t.score], 1),
    labels: list((t) => [t.label + firstLabel], 1),
    count: Float32Array.of(things.length),
  };
}

/** Per stride logits [labels, rows, columns] and distances [4, rows, columns] in pixels from the corner of the cell that is nearest to the centre. */
export function writeRtmdet(things: readonly Thing[], size: Size, labels: number, strides = [8, 16, 32]) {
  const levels = strides.map((stride) => {
    const { columns, rows } = gridOf(size, stride);
    const cells = columns * rows;
    return {
      stride,
      columns,
      rows,
      cells,
      scores: new Float32Array(cells * labels).fill(-7),
      sides: new Float32Array(cells * 4),
    };
  });
  for (const [i, t] of things.entries()) {
    const level = levels[i % levels.length];
    if (!level) continue;
    const { stride, columns, rows, cells, scores, sides } = level;
    const near = (centre: number, most: number) => Math.min(most - 1, Math.max(0, Math.round(centre / stride)));
    const [column, row] = [near((t.x1 + t.x2) / 2, columns), near((t.y1 + t.y2) / 2, rows)];
    const [x, y] = [column * stride, row * stride];
    const cell = row * columns + column;
    scores[t.label * cells + cell] = logitOf(t.score);
    for (const [k, side] of [x - t.x1, y - t.y1, t.x2 - x, t.y2 - y].entries()) sides[k * cells + cell] = side;
  }
  return levels;
}

/** [5 + labels, rows, columns]: the cell that holds the centre. */
export function writeFastestdet(things: readonly Thing[], { width, height }: Size, labels: number): Float32Array {
  const [columns, rows] = [width / 16, height / 16];
  const cells = columns * rows;
  const values = new Float32Array((5 + labels) * cells).fill(NOTHING);
  for (const t of things) {
    const [cx = 0, cy = 0, w = 0, h = 0] = boxBy('cxcywh', t);
    const [column, row] = [Math.floor(cx / 16), Math.floor(cy / 16)];
    const cell = row * columns + column;
    const objectness = t.score;
    // score = objectness^0.6 x label^0.4
    const label = (t.score / objectness ** 0.6) ** (1 / 0.4);
    const numbers = [
      objectness,
      Math.atanh(cx / 16 - column),
      Math.atanh(cy / 16 - row),
      logitOf(w / width),
      logitOf(h / height),
    ];
    for (const [k, value] of numbers.entries()) values[k * cells + cell] = value;
    values[(5 + t.label) * cells + cell] = label;
  }
  return values;
}
