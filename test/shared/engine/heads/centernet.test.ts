import { expect, test } from 'vitest';
import { centernet } from '../../../../shared/engine/heads/centernet.ts';
import type { DetectHead } from '../../../../shared/engine/heads/head.ts';

const [rows, columns, labels] = [4, 4, 2];
const last = { heatmap: [1, rows, columns, labels], ltrb: [1, rows, columns, 4] };
const first = { heatmap: [1, labels, rows, columns], ltrb: [1, 4, rows, columns] };

function head(shapes: { heatmap: number[]; ltrb: number[] }): DetectHead {
  const outputs = Object.entries(shapes).map(([name, shape]) => ({ name, type: 'float32', shape }));
  return centernet.create({}, { inputWidth: columns * 4, inputHeight: rows * 4, labels, outputs });
}

function outputs(heat: Float32Array, sides: Float32Array) {
  return [
    { name: 'heatmap', data: heat, shape: [] },
    { name: 'ltrb', data: sides, shape: [] },
  ];
}

const layouts = [
  ['channels last', last, (cell: number, c: number, n: number) => cell * n + c],
  ['channels first', first, (cell: number, c: number) => c * rows * columns + cell],
] as const;

test.each(layouts)('%s: a peak becomes a box around its cell', (_name, shapes, at) => {
  const heat = new Float32Array(rows * columns * labels);
  const sides = new Float32Array(rows * columns * 4);
  const cell = 1 * columns + 2;
  heat[at(cell, 1, labels)] = 0.9;
  heat[at(cell + 1, 1, labels)] = 0.8;
  heat[at(cell + 1, 0, labels)] = 0.7;
  for (const near of [cell, cell + 1]) for (let side = 0; side < 4; side++) sides[at(near, side, 4)] = side + 1;
  const found = head(shapes).decode(outputs(heat, sides), 0.5);
  // The 0.8 is beside a greater one of its label; the 0.7 is the peak of another label.
  expect(found.toSorted((a, b) => b.score - a.score)).toEqual([
    { label: 1, score: expect.closeTo(0.9, 5), x1: 8 - 1, y1: 4 - 2, x2: 8 + 3, y2: 4 + 4 },
    { label: 0, score: expect.closeTo(0.7, 5), x1: 12 - 1, y1: 4 - 2, x2: 12 + 3, y2: 4 + 4 },
  ]);
});

test.each([
  ['width', [0, 1, 0, 1]],
  ['height', [1, 2, 1, -2]],
])('a peak whose box has no %s is no object', (_name, sides) => {
  const heat = new Float32Array(rows * columns * labels);
  heat[5 * labels] = 0.9;
  const flat = Float32Array.from({ length: rows * columns * 4 }, (_, i) => sides[i % 4] ?? 0);
  expect(head(last).decode(outputs(heat, flat), 0.5)).toEqual([]);
  expect(head(last).decode(outputs(heat, flat.fill(1)), 0.5)).toHaveLength(1);
});

test.each(layouts)('%s: the end of a row is no neighbour of the beginning of the next', (_name, shapes, at) => {
  const heat = new Float32Array(rows * columns * labels);
  const peaks = [
    { row: 0, column: columns - 1, score: 0.8 },
    { row: 1, column: 0, score: 0.9 },
    { row: 2, column: columns - 1, score: 0.9 },
    { row: 3, column: 0, score: 0.8 },
  ];
  for (const { row, column, score } of peaks) heat[at(row * columns + column, 1, labels)] = score;
  const found = head(shapes).decode(outputs(heat, new Float32Array(rows * columns * 4).fill(1)), 0.5);
  expect(found.toSorted((a, b) => a.y1 - b.y1)).toEqual(
    peaks.map(({ row, column, score }) => ({
      label: 1,
      score: expect.closeTo(score, 5),
      x1: column * 4 - 1,
      y1: row * 4 - 1,
      x2: column * 4 + 1,
      y2: row * 4 + 1,
    })),
  );
});

test('NaN is an error, not a quiet frame', () => {
  const heat = new Float32Array(rows * columns * labels).fill(Number.NaN);
  expect(() => head(last).decode(outputs(heat, new Float32Array(rows * columns * 4)), 0.5)).toThrow(/centernet: score/);
});

test('a graph that contradicts the manifest is refused', () => {
  expect(() => head({ ...last, heatmap: [1, rows, columns, 80] })).toThrow(
    /\[1, 4, 4, 2\], the graph says \[1, 4, 4, 80\]/,
  );
  expect(() => centernet.create({ ltrb: 'wh' }, { inputWidth: 16, inputHeight: 16, labels, outputs: [] })).toThrow(
    /head\.ltrb says "wh"/,
  );
});
