/**
 * NanoDet-Plus (github.com/RangiLyu/nanodet, `nanodet_plus_head.py`, the ONNX export's `_forward_onnx`), with the box
 * distributions of Li et al., "Generalized Focal Loss", arXiv:2006.04388.
 *
 * One output [1, anchors, labels + 4 x (regMax + 1)]; anchors = sum over strides of ceil(height / stride) x
 * ceil(width / stride), row by row. A row is one score a label, after its sigmoid, and for left, top, right and bottom the
 * logits of a distribution over 0 … regMax. A side's distance is the expectation of its softmax, in strides, from the
 * prior (cell + cellOffset) x stride; boxes are cut at the input's edges. NanoDet-Plus has its priors in the cell's corner
 * (`cellOffset` 0), the older NanoDet in its middle (0.5). A row gives its best label, as upstream's C++ demos do.
 */
import { z } from 'zod';
import { addBox, type Cell, cellsOf } from './boxes.ts';
import { type Candidate, headKind } from './head.ts';
import { onlyOutput, requireShape, valuesOf } from './outputs.ts';
import { bestOfRows } from './scan.ts';

const options = z.strictObject({
  strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32, 64]),
  regMax: z.number().int().min(1).max(64).default(7),
  cellOffset: z.number().min(0).max(1).default(0),
});

export const nanodet = headKind({
  options,
  create({ strides, regMax, cellOffset }, context) {
    const { inputWidth, inputHeight, labels } = context;
    const cells = cellsOf(strides, inputWidth, inputHeight, true);
    const bins = regMax + 1;
    const width = labels + 4 * bins;
    const output = onlyOutput(context, 'nanodet');
    requireShape(output, [1, cells.length, width], 'labels, head.strides and head.regMax say');
    const table = { rows: cells.length, labels, start: 0, width };
    return {
      task: 'detect',
      outputs: [output.name],
      decode(outputs, threshold) {
        const values = valuesOf(outputs, 0, cells.length * width, 'nanodet');
        const found: Candidate[] = [];
        for (const { row, label, score } of bestOfRows(values, table, threshold, 'nanodet')) {
          const { x, y, stride } = cells[row] as Cell;
          const at = row * width + labels;
          const side = (k: number) => expectation(values, at + k * bins, bins) * stride;
          const [cx, cy] = [(x + cellOffset) * stride, (y + cellOffset) * stride];
          const box = {
            x1: within(cx - side(0), inputWidth),
            y1: within(cy - side(1), inputHeight),
            x2: within(cx + side(2), inputWidth),
            y2: within(cy + side(3), inputHeight),
          };
          addBox(found, { label, score, ...box }, 'nanodet', row);
        }
        return found;
      },
    };
  },
});

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
