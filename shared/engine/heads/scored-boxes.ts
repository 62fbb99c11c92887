/**
 * Boxes and, for each, one score per label, in two outputs: YOLO-NAS (github.com/Deci-AI/super-gradients, export without NMS),
 * PP-YOLOE and PicoDet of PaddleDetection (export without NMS), YOLOv4 (github.com/Tianxiaomo/pytorch-YOLOv4), SSD of Caffe and
 * PyTorch; with `indices` also a graph that ends in ONNX's `NonMaxSuppression`.
 *
 * Boxes [1, boxes, 4] (or [1, boxes, 1, 4]), in the `form` and `unit` that are said; scores [1, boxes, labels] or [1, labels, boxes],
 * before them with `background` a column for nothing. Scores have passed their sigmoid or softmax, or `activation` names it. Found by
 * their shapes, or said in `boxes` and `scores`. `indices` is an output [kept, 3] of `NonMaxSuppression` (batch, label, box;
 * onnx.ai/onnx/operators/onnx__NonMaxSuppression.html): only those pairs count, and nothing more is suppressed.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import type { TensorInfo } from '../package/graph.ts';
import { addBox, logit, sigmoid } from './boxes.ts';
import { type BoxReader, boxForm, boxReader, boxUnit } from './forms.ts';
import { type Candidate, type DetectHead, type HeadContext, headKind } from './head.ts';
import { fits, namesOf, outputNamed, valuesOf } from './outputs.ts';
import { bestOfColumns, bestOfRows, type Hit } from './scan.ts';

const options = z.strictObject({
  boxes: z.string().optional(),
  scores: z.string().optional(),
  indices: z.string().optional(),
  form: boxForm,
  unit: boxUnit,
  background: z.boolean().default(false).describe('the first score is that of nothing'),
  activation: z.enum(['none', 'sigmoid', 'softmax']).default('none').describe('what the scores still have to pass'),
});
type Options = z.infer<typeof options>;

const KIND = 'scored-boxes';

export const scoredBoxes = headKind({
  options,
  create(given, context): DetectHead {
    const columns = context.labels + (given.background ? 1 : 0);
    const boxes = boxesOf(given, context);
    const { scores, labelsLast } = scoresOf(given, context, boxes, columns);
    const indices = given.indices === undefined ? undefined : outputNamed(context, given.indices, 'head.indices');
    const read = boxReader(given, context);
    const shape: Scores = { ...given, columns, labels: context.labels, labelsLast };
    return {
      task: 'detect',
      outputs: [boxes.name, scores.name, ...(indices ? [indices.name] : [])],
      suppress: indices === undefined,
      decode(outputs, threshold) {
        const sides = valuesOf(outputs, 0, undefined, KIND);
        const rows = sides.length / 4;
        const values = valuesOf(outputs, 1, rows * columns, KIND);
        if (indices) return decodeKept(sides, values, valuesOf(outputs, 2, undefined, KIND), shape, read, threshold);
        const found: Candidate[] = [];
        for (const { row, label, score } of hitsOf(values, rows, shape, threshold))
          addBox(found, { label, score, ...read(sides, row * 4) }, KIND, row);
        return found;
      },
    };
  },
});

interface Scores extends Pick<Options, 'background' | 'activation'> {
  readonly columns: number;
  readonly labels: number;
  /** A box's scores lie side by side. */
  readonly labelsLast: boolean;
}

/** The best label of each box that is not below the threshold. */
function hitsOf(values: Float32Array, rows: number, shape: Scores, threshold: number): Hit[] {
  const { columns, labels, labelsLast, background, activation } = shape;
  if (activation === 'softmax') return softHits(values, rows, shape, threshold);
  const first = background ? 1 : 0;
  const floor = activation === 'sigmoid' ? logit(threshold) : threshold;
  const hits = labelsLast
    ? bestOfRows(values, { rows, labels, start: first, width: columns }, floor, KIND)
    : bestOfColumns(values, { rows, labels, start: first * rows, width: rows }, floor, KIND);
  return activation === 'sigmoid' ? hits.map((hit) => ({ ...hit, score: sigmoid(hit.score) })) : hits;
}

function softHits(values: Float32Array, rows: number, shape: Scores, threshold: number): Hit[] {
  const { columns, background } = shape;
  const found: Hit[] = [];
  for (let row = 0; row < rows; row++) {
    const all = Array.from({ length: columns }, (_, c) => scoreAt(values, rows, row, c, shape));
    const wrong = all.find((score) => !Number.isFinite(score));
    if (wrong !== undefined) throw new CodedError('model-failed', `${KIND}: a score of row ${row} is ${wrong}`);
    const greatest = Math.max(...all);
    const sum = all.reduce((total, value) => total + Math.exp(value - greatest), 0);
    const named = background ? all.slice(1) : all;
    const best = Math.max(...named);
    const score = Math.exp(best - greatest) / sum;
    if (score >= threshold) found.push({ row, label: named.indexOf(best), score });
  }
  return found;
}

function scoreAt(
  values: Float32Array,
  rows: number,
  row: number,
  column: number,
  { columns, labelsLast }: Scores,
): number {
  return values[labelsLast ? row * columns + column : column * rows + row] as number;
}

/** The pairs of label and box that the graph has kept. */
function decodeKept(
  sides: Float32Array,
  values: Float32Array,
  kept: Float32Array,
  shape: Scores,
  read: BoxReader,
  threshold: number,
): Candidate[] {
  const rows = sides.length / 4;
  const first = shape.background ? 1 : 0;
  const found: Candidate[] = [];
  for (let at = 0; at + 3 <= kept.length; at += 3) {
    const [, column = -1, row = -1] = kept.subarray(at, at + 3);
    // Unused entries of a list of fixed length are -1.
    if (column < 0 || row < 0) continue;
    if (column >= shape.columns || row >= rows)
      throw new CodedError(
        'model-failed',
        `${KIND}: the graph keeps label ${column} of box ${row}, of ${shape.columns} and ${rows}`,
      );
    const raw = scoreAt(values, rows, row, column, shape);
    const score = shape.activation === 'sigmoid' ? sigmoid(raw) : raw;
    if (column < first || (score < threshold && score > Number.NEGATIVE_INFINITY)) continue;
    addBox(found, { label: column - first, score, ...read(sides, row * 4) }, KIND, row);
  }
  return found;
}

function boxesOf(given: Options, context: HeadContext): TensorInfo {
  if (given.boxes !== undefined) return outputNamed(context, given.boxes, 'head.boxes');
  const fitting = context.outputs.filter((o) => fits(o, [1, undefined, 4]) || fits(o, [1, undefined, 1, 4]));
  // Four labels look like a box: then the name decides.
  const [only, ...others] = fitting.length > 1 ? fitting.filter((o) => /box|loc/i.test(o.name)) : fitting;
  if (only && others.length === 0) return outputNamed(context, only.name, 'head.boxes');
  throw new CodedError(
    'model-invalid',
    `head.kind says ${KIND} (an output [1, ?, 4] of boxes), the graph says the outputs ${namesOf(context)}; say in head.boxes which it is`,
  );
}

function scoresOf(given: Options, context: HeadContext, boxes: TensorInfo, columns: number) {
  const rows = boxes.shape[1];
  const others = context.outputs.filter((o) => o !== boxes && o.name !== given.indices);
  const [only, ...more] = given.scores === undefined ? others : [outputNamed(context, given.scores, 'head.scores')];
  if (!only || more.length > 0)
    throw new CodedError(
      'model-invalid',
      `head.kind says ${KIND} (boxes and scores), the graph says the outputs ${namesOf(context)}; say in head.scores which are the scores`,
    );
  const scores = outputNamed(context, only.name, 'head.scores');
  if (fits(scores, [1, rows, columns])) return { scores, labelsLast: true };
  if (fits(scores, [1, columns, rows])) return { scores, labelsLast: false };
  const expected = `labels and head.background say [1, ${rows ?? '?'}, ${columns}] or [1, ${columns}, ${rows ?? '?'}]`;
  throw new CodedError('model-invalid', `${expected}, the graph says ${shapeText(scores)} in "${scores.name}"`);
}
