/**
 * NanoDet and NanoDet-Plus (github.com/RangiLyu/nanodet, `nanodet_plus_head.py`, the ONNX export's `_forward_onnx`) and PicoDet
 * (github.com/PaddlePaddle/PaddleDetection, export without post-processing), with the box distributions of Li et al.,
 * "Generalized Focal Loss", arXiv:2006.04388.
 *
 * One output [1, anchors, labels + 4 x (regMax + 1)]; anchors = sum over strides of ceil(height / stride) x
 * ceil(width / stride), row by row. Or two outputs per stride, scores [1, cells, labels] and distributions
 * [1, cells, 4 x (regMax + 1)], told apart by their columns and their cells. A row is one score per label, after its sigmoid, and for
 * left, top, right and bottom the logits of a distribution over 0 … regMax. A side's distance is the expectation of its
 * softmax, in strides, from the prior (cell + cellOffset) x stride; boxes are cut at the input's edges. NanoDet-Plus has its
 * priors in the cell's corner (`cellOffset` 0), the older NanoDet and PicoDet in its middle (0.5). A row gives its best label, as
 * upstream's C++ demos do.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import type { TensorInfo } from '../package/graph.ts';
import { addBox, type Cell, cellsOf } from './boxes.ts';
import { type Candidate, type DetectHead, type HeadContext, headKind } from './head.ts';
import { fits, namesOf, numbersOf, onlyOutput, requireShape, valuesOf } from './outputs.ts';
import { bestOfRows } from './scan.ts';

const options = z.strictObject({
  strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32, 64]),
  regMax: z.number().int().min(1).max(64).default(7),
  cellOffset: z.number().min(0).max(1).default(0),
});

/** Where in the values a level's scores and distributions lie. */
interface Table {
  readonly cells: readonly Cell[];
  readonly scores: Place;
  readonly sides: Place;
}

interface Place {
  /** Which of the outputs. */
  readonly output: number;
  /** Index of the first value, and values from one row to the next. */
  readonly start: number;
  readonly width: number;
}

export const nanodet = headKind({
  options,
  create({ strides, regMax, cellOffset }, context): DetectHead {
    const { labels } = context;
    const levels = strides.map((stride) => cellsOf([stride], context.inputWidth, context.inputHeight, true));
    const bins = regMax + 1;
    const joined = context.outputs.length === 1;
    const outputs = joined
      ? [joinedOutput(levels.flat().length, labels + 4 * bins, context)]
      : splitOutputs(levels, strides, bins, context);
    const width = labels + 4 * bins;
    const tables = joined
      ? [{ cells: levels.flat(), scores: { output: 0, start: 0, width }, sides: { output: 0, start: labels, width } }]
      : levels.map((cells, level) => ({
          cells,
          scores: { output: level * 2, start: 0, width: labels },
          sides: { output: level * 2 + 1, start: 0, width: 4 * bins },
        }));
    return {
      task: 'detect',
      outputs: outputs.map((o) => o.name),
      decode(made, threshold) {
        const found: Candidate[] = [];
        for (const table of tables) {
          const values = (place: Place) => valuesOf(made, place.output, table.cells.length * place.width, 'nanodet');
          decodeTable(found, table, values(table.scores), values(table.sides), {
            context,
            bins,
            cellOffset,
            threshold,
          });
        }
        return found;
      },
    };
  },
});

interface Settings {
  readonly context: HeadContext;
  readonly bins: number;
  readonly cellOffset: number;
  readonly threshold: number;
}

function decodeTable(
  found: Candidate[],
  { cells, scores, sides }: Table,
  scoreValues: Float32Array,
  sideValues: Float32Array,
  { context, bins, cellOffset, threshold }: Settings,
): void {
  const { inputWidth, inputHeight, labels } = context;
  const scan = { rows: cells.length, labels, start: scores.start, width: scores.width };
  for (const { row, label, score } of bestOfRows(scoreValues, scan, threshold, 'nanodet')) {
    const { x, y, stride } = cells[row] as Cell;
    const at = sides.start + row * sides.width;
    const side = (k: number) => expectation(sideValues, at + k * bins, bins) * stride;
    const [cx, cy] = [(x + cellOffset) * stride, (y + cellOffset) * stride];
    const box = {
      x1: within(cx - side(0), inputWidth),
      y1: within(cy - side(1), inputHeight),
      x2: within(cx + side(2), inputWidth),
      y2: within(cy + side(3), inputHeight),
    };
    addBox(found, { label, score, ...box }, 'nanodet', row);
  }
}

function joinedOutput(rows: number, columns: number, context: HeadContext): TensorInfo {
  const output = onlyOutput(context, 'nanodet');
  requireShape(output, [1, rows, columns], 'labels, head.strides and head.regMax say');
  return output;
}

/** Scores and distributions of each stride in turn. */
function splitOutputs(
  levels: readonly (readonly Cell[])[],
  strides: readonly number[],
  bins: number,
  context: HeadContext,
): TensorInfo[] {
  const { labels, outputs } = context;
  if (outputs.length !== strides.length * 2)
    throw new CodedError(
      'model-invalid',
      `head.strides says ${strides.length} strides (one output, or ${strides.length * 2}), the graph says ${outputs.length} outputs (${namesOf(context)})`,
    );
  return levels.flatMap((cells, level) => {
    const of = (columns: number, not?: TensorInfo) =>
      outputs.find((o) => o !== not && fits(o, [1, cells.length, columns]));
    const scores = of(labels);
    const sides = of(4 * bins, scores);
    if (scores && sides) return [numbersOf(scores), numbersOf(sides)];
    const says = `labels, head.strides and head.regMax say [1, ${cells.length}, ${labels}] and [1, ${cells.length}, ${4 * bins}] for stride ${strides[level]}`;
    throw new CodedError(
      'model-invalid',
      `${says}, the graph says the outputs ${namesOf(context)} without such a pair`,
    );
  });
}

/** The mean of 0 … bins - 1 under the softmax of `bins` logits; NaN where a logit is NaN or infinite. */
function expectation(values: Float32Array, start: number, bins: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < bins; i++) greatest = Math.max(greatest, values[start + i] as number);
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < bins; i++) {
    const value = values[start + i] as number;
    // An infinite logit would vanish in the exponential; as NaN it is seen.
    const weight = Number.isFinite(value) ? Math.exp(value - greatest) : Number.NaN;
    sum += weight;
    weighted += weight * i;
  }
  return weighted / sum;
}

function within(value: number, size: number): number {
  return Math.min(size, Math.max(0, value));
}
