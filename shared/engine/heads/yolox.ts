/**
 * YOLOX (Ge et al., "YOLOX: Exceeding YOLO Series in 2021", arXiv:2107.08430; upstream export without `--decode_in_inference`).
 *
 * One output [1, anchors, 5 + labels]; anchors = sum over strides of (height / stride) x (width / stride), row by row.
 * A row is cx, cy, log w, log h, objectness, one score per label; the scores have passed their sigmoid. Centre in input pixels
 * = (value + cell) x stride, size = exp(value) x stride. Score = objectness x best label's score.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import { type Candidate, type HeadContext, headKind } from './head.ts';

const options = z.strictObject({ strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32]) });

export const yolox = headKind({
  options,
  create({ strides }, context) {
    const [output, ...others] = context.outputs;
    if (!output || others.length > 0) {
      throw new CodedError(
        'model-invalid',
        `head.kind says yolox (one output), the graph has ${context.outputs.length}`,
      );
    }
    const anchors = anchorsOf(strides, context);
    const columns = 5 + context.labels;
    if ((output.shape[2] ?? columns) !== columns) {
      throw new CodedError(
        'model-invalid',
        `labels says ${context.labels} labels (${columns} columns), the graph says ${output.shape[2]} in "${output.name}" ${shapeText(output)}`,
      );
    }
    if ((output.shape[1] ?? anchors.length) !== anchors.length) {
      throw new CodedError(
        'model-invalid',
        `head.strides says ${anchors.length} anchors, the graph says ${output.shape[1]} in "${output.name}" ${shapeText(output)}`,
      );
    }
    return {
      task: 'detect',
      outputs: [output.name],
      decode(outputs, threshold) {
        const data = outputs[0]?.data ?? new Float32Array();
        if (data.length !== anchors.length * columns) {
          throw new CodedError(
            'model-failed',
            `yolox: ${data.length} values instead of ${anchors.length} x ${columns}`,
          );
        }
        return decode(data, anchors, columns, threshold);
      },
    };
  },
});

interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly stride: number;
}

function anchorsOf(strides: readonly number[], context: HeadContext): Anchor[] {
  return strides.flatMap((stride) => {
    const columns = Math.floor(context.inputWidth / stride);
    const rows = Math.floor(context.inputHeight / stride);
    return Array.from({ length: rows * columns }, (_, i) => ({ x: i % columns, y: Math.floor(i / columns), stride }));
  });
}

function decode(data: Float32Array, anchors: readonly Anchor[], columns: number, threshold: number): Candidate[] {
  const found: Candidate[] = [];
  for (let a = 0, row = 0; a < anchors.length; a++, row += columns) {
    const objectness = data[row + 4] as number;
    if (!Number.isFinite(objectness))
      throw new CodedError('model-failed', `yolox: objectness of anchor ${a} is ${objectness}`);
    if (objectness < threshold) continue;
    requireFinite(data, row, columns, a);
    let label = 0;
    let best = data[row + 5] as number;
    for (let c = 1; c < columns - 5; c++) {
      const value = data[row + 5 + c] as number;
      if (value > best) {
        best = value;
        label = c;
      }
    }
    const score = objectness * best;
    if (score < threshold) continue;
    const { x, y, stride } = anchors[a] as Anchor;
    const cx = ((data[row] as number) + x) * stride;
    const cy = ((data[row + 1] as number) + y) * stride;
    const halfWidth = (Math.exp(data[row + 2] as number) * stride) / 2;
    const halfHeight = (Math.exp(data[row + 3] as number) * stride) / 2;
    // The exponential of a finite value may be infinite.
    if (!Number.isFinite(halfWidth + halfHeight)) {
      throw new CodedError('model-failed', `yolox: the box of anchor ${a} is not finite`);
    }
    found.push({
      label,
      score: Math.min(1, score),
      x1: cx - halfWidth,
      y1: cy - halfHeight,
      x2: cx + halfWidth,
      y2: cy + halfHeight,
    });
  }
  return found;
}

/** Only of rows that count: comparing scores would pass over a NaN. */
function requireFinite(data: Float32Array, row: number, columns: number, anchor: number): void {
  for (let i = row; i < row + columns; i++) {
    if (!Number.isFinite(data[i])) {
      throw new CodedError('model-failed', `yolox: a box or score of anchor ${anchor} is not finite`);
    }
  }
}
