/**
 * CenterNet (Zhou et al., "Objects as Points", arXiv:1904.07850) with the four-sided box of
 * github.com/610265158/mobilenetv3_centernet.
 *
 * Two outputs: `heatmap` [1, rows, columns, labels], after its sigmoid, and `ltrb` [1, rows, columns, 4], the distances from
 * the cell's origin to the left, top, right and bottom side in input pixels. A peak is a cell that is the greatest of its
 * label in its 3 x 3 neighbourhood. Channels may also come first ([1, labels, rows, columns]).
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import type { TensorInfo } from '../package/graph.ts';
import { type Candidate, type HeadContext, headKind } from './head.ts';
import { outputNamed } from './outputs.ts';
import { notBelow } from './scan.ts';

const options = z.strictObject({
  stride: z.number().int().positive().default(4),
  heatmap: z.string().default('heatmap'),
  ltrb: z.string().default('ltrb'),
});

interface Maps {
  readonly rows: number;
  readonly columns: number;
  readonly labels: number;
  /** Distance in the data between neighbouring cells, rows and channels. */
  readonly cell: number;
  readonly heatChannel: number;
  readonly sideChannel: number;
  readonly sideCell: number;
  readonly stride: number;
}

export const centernet = headKind({
  options,
  create({ stride, heatmap, ltrb }, context) {
    outputNamed(context, ltrb, 'head.ltrb');
    const heat = outputNamed(context, heatmap, 'head.heatmap');
    const maps = mapsOf(heat, stride, context);
    return {
      task: 'detect',
      outputs: [heatmap, ltrb],
      decode(outputs, threshold) {
        const [h, s] = [outputs[0]?.data ?? new Float32Array(), outputs[1]?.data ?? new Float32Array()];
        const cells = maps.rows * maps.columns;
        if (h.length !== cells * maps.labels || s.length !== cells * 4) {
          throw new CodedError(
            'model-failed',
            `centernet: ${h.length} and ${s.length} values instead of ${cells} x ${maps.labels} and ${cells} x 4`,
          );
        }
        return decode(h, s, maps, threshold);
      },
    };
  },
});

function mapsOf(heat: TensorInfo, stride: number, context: HeadContext): Maps {
  const rows = Math.floor(context.inputHeight / stride);
  const columns = Math.floor(context.inputWidth / stride);
  const { labels } = context;
  const fits = (...wanted: number[]) => wanted.every((size, axis) => (heat.shape[axis + 1] ?? size) === size);
  const channelsLast = fits(rows, columns, labels);
  if (!channelsLast && !fits(labels, rows, columns)) {
    throw new CodedError(
      'model-invalid',
      `labels and head.stride say [1, ${rows}, ${columns}, ${labels}], the graph says ${shapeText(heat)} in "${heat.name}"`,
    );
  }
  const cells = rows * columns;
  return channelsLast
    ? { rows, columns, labels, cell: labels, heatChannel: 1, sideCell: 4, sideChannel: 1, stride }
    : { rows, columns, labels, cell: 1, heatChannel: cells, sideCell: 1, sideChannel: cells, stride };
}

function decode(heat: Float32Array, sides: Float32Array, maps: Maps, threshold: number): Candidate[] {
  const cells = maps.rows * maps.columns;
  const found: Candidate[] = [];
  for (const i of notBelow(heat, threshold)) {
    const score = heat[i] as number;
    if (!Number.isFinite(score)) throw new CodedError('model-failed', `centernet: score ${i} is ${score}`);
    const cell = maps.heatChannel === 1 ? Math.floor(i / maps.labels) : i % cells;
    const label = maps.heatChannel === 1 ? i % maps.labels : Math.floor(i / cells);
    const row = Math.floor(cell / maps.columns);
    const column = cell % maps.columns;
    if (!isPeak(heat, maps, score, row, column, label)) continue;
    const side = (k: number) => sides[cell * maps.sideCell + k * maps.sideChannel] as number;
    const [x, y] = [column * maps.stride, row * maps.stride];
    const box = { x1: x - side(0), y1: y - side(1), x2: x + side(2), y2: y + side(3) };
    if (!Number.isFinite(box.x1 + box.y1 + box.x2 + box.y2)) {
      throw new CodedError('model-failed', `centernet: box of cell ${cell} is not finite`);
    }
    if (box.x2 > box.x1 && box.y2 > box.y1) found.push({ label, score: Math.min(1, score), ...box });
  }
  return found;
}

function isPeak(heat: Float32Array, maps: Maps, score: number, row: number, column: number, label: number): boolean {
  for (let y = Math.max(0, row - 1); y <= Math.min(maps.rows - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(maps.columns - 1, column + 1); x++) {
      const other = heat[(y * maps.columns + x) * maps.cell + label * maps.heatChannel] as number;
      if (other > score) return false;
    }
  }
  return true;
}
