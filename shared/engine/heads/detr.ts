/**
 * RT-DETR (Zhao et al., "DETRs Beat YOLOs on Real-time Object Detection", arXiv:2304.08069; github.com/lyuwenyu/RT-DETR),
 * D-FINE (Peng et al., arXiv:2410.13842; github.com/Peterande/D-FINE) and RF-DETR (github.com/roboflow/rf-detr), exported without
 * their post-processing; with `softmax` also DETR and its kin (Carion et al., arXiv:2005.12872).
 *
 * Two outputs: logits [1, queries, labels], one per label, before the sigmoid, and boxes [1, queries, 4]: cx, cy, width, height
 * as fractions of the input. With `softmax` the logits have one column more, the last, for nothing, and pass a softmax together.
 * Found by name (`logits` or `pred_logits`, `boxes` or `pred_boxes`; `labels` and `dets` of RF-DETR) or said in `logits` and `boxes`;
 * further outputs are left alone. As upstream does it, every pair of query and label is a detection of its own and
 * the best as many as there are queries count; queries are trained not to repeat each other, so nothing is suppressed.
 *
 * Upstream's deploy export has the post-processing in the graph (`labels`, `boxes`, `scores`, and a second input
 * `orig_target_sizes`): head `final-boxes`, with the size in `input.constants`.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import type { TensorInfo } from '../package/graph.ts';
import { addBox, cornersOf, logit, sigmoid } from './boxes.ts';
import { type Candidate, type DetectHead, type HeadContext, headKind } from './head.ts';
import { namesOf, outputNamed, requireShape, valuesOf } from './outputs.ts';
import { notBelow } from './scan.ts';

const options = z.strictObject({
  logits: z.string().optional(),
  boxes: z.string().optional(),
  softmax: z.boolean().default(false).describe('the last logit is that of nothing, and all pass a softmax'),
});

const usual = { logits: ['logits', 'pred_logits', 'labels'], boxes: ['boxes', 'pred_boxes', 'dets'] } as const;

export const detr = headKind({
  options,
  create(given, context): DetectHead {
    const { inputWidth, inputHeight, labels } = context;
    const logits = outputFor('logits', given.logits, context);
    const boxes = outputFor('boxes', given.boxes, context);
    const queries = logits.shape[1] ?? boxes.shape[1];
    const columns = labels + (given.softmax ? 1 : 0);
    requireShape(logits, [1, queries, columns], 'labels says');
    requireShape(boxes, [1, queries, 4], 'head.kind says detr, boxes of');
    return {
      task: 'detect',
      outputs: [logits.name, boxes.name],
      suppress: false,
      decode(outputs, threshold) {
        const sides = valuesOf(outputs, 1, queries === undefined ? undefined : queries * 4, 'detr');
        const rows = sides.length / 4;
        const values = valuesOf(outputs, 0, rows * columns, 'detr');
        const scores = given.softmax ? probabilities(values, columns) : values;
        const found: Candidate[] = [];
        for (const i of notBelow(scores, given.softmax ? threshold : logit(threshold))) {
          const row = Math.floor(i / columns);
          const value = scores[i] as number;
          if (!Number.isFinite(value))
            throw new CodedError('model-failed', `detr: a logit of query ${row} is ${value}`);
          if (i % columns >= labels) continue;
          const at = (k: number) => sides[row * 4 + k] as number;
          const box = cornersOf(at(0) * inputWidth, at(1) * inputHeight, at(2) * inputWidth, at(3) * inputHeight);
          const score = given.softmax ? value : sigmoid(value);
          addBox(found, { label: i % columns, score, ...box }, 'detr', row);
        }
        return found.length > rows ? found.toSorted((a, b) => b.score - a.score).slice(0, rows) : found;
      },
    };
  },
});

/** The softmax of each row; NaN where one of its logits is NaN or infinite. */
function probabilities(logits: Float32Array, columns: number): Float32Array {
  const made = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += columns) {
    const row = logits.subarray(start, start + columns);
    const greatest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = Array.from(row, (value) => (Number.isFinite(value) ? Math.exp(value - greatest) : Number.NaN));
    const sum = powers.reduce((a, b) => a + b, 0);
    made.set(
      powers.map((power) => power / sum),
      start,
    );
  }
  return made;
}

function outputFor(role: 'logits' | 'boxes', given: string | undefined, context: HeadContext): TensorInfo {
  if (given !== undefined) return outputNamed(context, given, `head.${role}`);
  // `labels` of graphs that choose themselves has one number per detection, and no third axis.
  const name = usual[role].find((known) => context.outputs.some((o) => o.name === known && o.shape.length !== 2));
  if (name !== undefined) return outputNamed(context, name, `head.${role}`);
  const scored = context.outputs.some((o) => o.name === 'scores');
  throw new CodedError(
    'model-invalid',
    `head.kind says detr (an output ${role} or pred_${role}), the graph says the outputs ${namesOf(context)}${
      scored
        ? ': its post-processing is in the graph; say head.kind: final-boxes, or export it without'
        : `; say in head.${role} which it is`
    }`,
  );
}
