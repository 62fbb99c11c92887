/**
 * Ultralytics YOLO, v8, v11 and what kept their layout (github.com/ultralytics/ultralytics, `nn/modules/head.py` `Detect`,
 * `engine/exporter.py`).
 *
 * One output. Plain: [1, 4 + labels, anchors], or transposed [1, anchors, 4 + labels], anchors = sum over strides of
 * (height / stride) x (width / stride); a column is cx, cy, width, height in input pixels and one score a label, after its
 * sigmoid. With suppression in the graph: [1, detections, 6], a row x1, y1, x2, y2 in input pixels, score, label; unused rows
 * are zero. Which one is read from the graph's shape, or said in `layout`.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { addBox, cellsOf, cornersOf } from './boxes.ts';
import { type Candidate, type DetectHead, headKind } from './head.ts';
import { onlyOutput, valuesOf } from './outputs.ts';
import { bestOfColumns, bestOfRows } from './scan.ts';
import { yoloLayoutOf, yoloLayouts } from './yolo-layout.ts';

const options = z.strictObject({
  strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32]),
  layout: z.enum(['auto', ...yoloLayouts]).default('auto'),
});

/** Columns of a row with suppression in the graph. */
const SUPPRESSED = 6;

export const yolo = headKind({
  options,
  create({ strides, layout: wanted }, context): DetectHead {
    const { inputWidth, inputHeight, labels } = context;
    const output = onlyOutput(context, 'yolo');
    const anchors = cellsOf(strides, inputWidth, inputHeight).length;
    const layout = yoloLayoutOf(output, wanted, labels, anchors);
    if (layout === 'nms') {
      return {
        task: 'detect',
        outputs: [output.name],
        suppress: false,
        decode: (outputs, threshold) => decodeSuppressed(valuesOf(outputs, 0, undefined, 'yolo'), labels, threshold),
      };
    }
    const columns = 4 + labels;
    return {
      task: 'detect',
      outputs: [output.name],
      decode(outputs, threshold) {
        const values = valuesOf(outputs, 0, anchors * columns, 'yolo');
        return layout === 'channels-first'
          ? decodeChannels(values, anchors, labels, threshold)
          : decodeRows(values, anchors, labels, threshold);
      },
    };
  },
});

function decodeChannels(values: Float32Array, anchors: number, labels: number, threshold: number): Candidate[] {
  const found: Candidate[] = [];
  const table = { rows: anchors, labels, start: 4 * anchors, width: anchors };
  for (const { row, label, score } of bestOfColumns(values, table, threshold, 'yolo')) {
    const at = (k: number) => values[k * anchors + row] as number;
    addBox(found, { label, score, ...cornersOf(at(0), at(1), at(2), at(3)) }, 'yolo', row);
  }
  return found;
}

function decodeRows(values: Float32Array, anchors: number, labels: number, threshold: number): Candidate[] {
  const found: Candidate[] = [];
  const width = 4 + labels;
  for (const { row, label, score } of bestOfRows(
    values,
    { rows: anchors, labels, start: 4, width },
    threshold,
    'yolo',
  )) {
    const at = (k: number) => values[row * width + k] as number;
    addBox(found, { label, score, ...cornersOf(at(0), at(1), at(2), at(3)) }, 'yolo', row);
  }
  return found;
}

function decodeSuppressed(values: Float32Array, labels: number, threshold: number): Candidate[] {
  if (values.length % SUPPRESSED !== 0) {
    throw new CodedError('model-failed', `yolo: ${values.length} values are no rows of ${SUPPRESSED}`);
  }
  const found: Candidate[] = [];
  for (let start = 0; start < values.length; start += SUPPRESSED) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, label = 0] = values.subarray(start, start + SUPPRESSED);
    if (score < threshold && score > Number.NEGATIVE_INFINITY) continue;
    const row = start / SUPPRESSED;
    if (!Number.isInteger(label) || label < 0 || label >= labels) {
      throw new CodedError('model-failed', `yolo: row ${row} has label ${label}, of ${labels} labels`);
    }
    addBox(found, { label, score, x1, y1, x2, y2 }, 'yolo', row);
  }
  return found;
}
