/**
 * Detections that a graph has chosen and suppressed itself. Three ways to write them:
 *
 * - boxes [1, n, 4], scores [1, n] and labels [1, n], with or without a count [1] of those that are used: TensorFlow's detection
 *   models (`detection_boxes` `yxyx` as fractions, labels from 1), `EfficientNMS` of TensorRT's exporters (`num_dets`, `det_boxes`, …),
 *   YOLO-NAS with NMS, SSD of the ONNX zoo, torchvision (without the first axis);
 * - boxes with their score [1, n, 5] and labels [1, n]: MMDetection by mmdeploy (`dets`, `labels`);
 * - rows of one output, whose `columns` are said: YOLOv7 `--end2end` [n, 7] (batch, box, label, score), PaddleDetection [n, 6]
 *   (label, score, box).
 *
 * Found by their names and shapes, or said in `boxes`, `scores`, `classes` and `count`.
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import type { TensorInfo } from '../package/graph.ts';
import { addBox } from './boxes.ts';
import { boxForm, boxReader, boxUnit } from './forms.ts';
import { type Candidate, type DetectHead, type HeadContext, headKind } from './head.ts';
import { namesOf, onlyOutput, outputNamed, valuesOf } from './outputs.ts';

const column = z.enum(['box', 'score', 'label', 'skip']);
const options = z.strictObject({
  boxes: z.string().optional(),
  scores: z.string().optional(),
  classes: z.string().optional(),
  count: z.string().optional(),
  form: boxForm,
  unit: boxUnit,
  firstLabel: z.number().int().min(0).max(1).default(0).describe('the number of the first label'),
  columns: z
    .array(column)
    .min(3)
    .max(64)
    .refine((list) => ['box', 'score', 'label'].every((one) => list.filter((c) => c === one).length === 1), {
      error: 'needs box (which takes four places), score and label once each',
    })
    .optional()
    .describe('of one output with a row per detection'),
});
type Options = z.infer<typeof options>;

const KIND = 'final-boxes';
/** Names in use, in lower case and without what comes before a slash or after a colon. */
const names = {
  boxes: ['boxes', 'bboxes', 'det_boxes', 'detection_boxes', 'pred_boxes', 'dets', 'nmsed_boxes'],
  scores: ['scores', 'det_scores', 'detection_scores', 'pred_scores', 'nmsed_scores'],
  classes: ['labels', 'classes', 'det_classes', 'detection_classes', 'pred_classes', 'nmsed_classes', 'class_idx'],
  count: ['num_dets', 'num_detections', 'num_predictions', 'nmsed_num'],
} as const;
type Role = keyof typeof names;

/** The output of a role, by its usual names. */
export function usualOutput(outputs: readonly TensorInfo[], role: Role): TensorInfo | undefined {
  const plain = (name: string) => name.toLowerCase().replace(/:\d+$/, '').replace(/^.*\//, '');
  return outputs.find((o) => (names[role] as readonly string[]).includes(plain(o.name)));
}

/** What is read of one detection: index of its first number in each of the outputs. */
interface Detections {
  readonly outputs: readonly string[];
  read(outputs: Parameters<DetectHead['decode']>[0]): { readonly rows: number; at(row: number): Detection };
}

interface Detection {
  readonly box: ArrayLike<number>;
  readonly start: number;
  readonly score: number;
  readonly label: number;
}

export const finalBoxes = headKind({
  options,
  create(given, context): DetectHead {
    const detections = given.columns ? rowsOf(given.columns, context) : listsOf(given, context);
    const corners = boxReader(given, context);
    return {
      task: 'detect',
      outputs: detections.outputs,
      suppress: false,
      decode(outputs, threshold) {
        const { rows, at } = detections.read(outputs);
        const found: Candidate[] = [];
        for (let row = 0; row < rows; row++) {
          const { box, start, score, label: number } = at(row);
          if (score < threshold && score > Number.NEGATIVE_INFINITY) continue;
          const label = number - given.firstLabel;
          if (!Number.isInteger(label) || label < 0 || label >= context.labels) {
            const says = `row ${row} has label ${number}; of ${context.labels} labels, numbered from ${given.firstLabel} (head.firstLabel)`;
            throw new CodedError('model-failed', `${KIND}: ${says}`);
          }
          addBox(found, { label, score, ...corners(box, start) }, KIND, row);
        }
        return found;
      },
    };
  },
});

/** One output, a row per detection. */
function rowsOf(columns: readonly z.infer<typeof column>[], context: HeadContext): Detections {
  // Paddle gives how many rows there are beside them; every row counts.
  const outputs = context.outputs.filter(({ shape }) => shape.length !== 1);
  const output = onlyOutput({ ...context, outputs }, `${KIND} with head.columns`);
  const width = columns.length + 3;
  const place = (wanted: string) => {
    const index = columns.indexOf(wanted as 'box');
    return index + (index > columns.indexOf('box') ? 3 : 0);
  };
  const [box, score, label] = [place('box'), place('score'), place('label')];
  if ((output.shape.at(-1) ?? width) !== width)
    throw new CodedError(
      'model-invalid',
      `head.columns says ${width} columns, the graph says ${output.shape.at(-1)} in "${output.name}"`,
    );
  return {
    outputs: [output.name],
    read(outputs) {
      const values = valuesOf(outputs, 0, undefined, KIND);
      if (values.length % width !== 0)
        throw new CodedError('model-failed', `${KIND}: ${values.length} values are no rows of ${width}`);
      const at = (row: number) => ({
        box: values,
        start: row * width + box,
        score: values[row * width + score] as number,
        label: values[row * width + label] as number,
      });
      return { rows: values.length / width, at };
    },
  };
}

/** Boxes, scores and labels, each in an output of its own; the score may be the fifth number of the box. */
function listsOf(given: Options, context: HeadContext): Detections {
  const boxes = roleOf('boxes', given, context);
  const width = boxes.shape.at(-1) === 5 ? 5 : 4;
  const classes = roleOf('classes', given, context);
  const scores = width === 5 ? undefined : roleOf('scores', given, context);
  const count =
    given.count === undefined ? usualOutput(context.outputs, 'count') : outputNamed(context, given.count, 'head.count');
  const outputs = [boxes, classes, ...(scores ? [scores] : []), ...(count ? [count] : [])].map((o) => o.name);
  return {
    outputs,
    read(made) {
      const sides = valuesOf(made, 0, undefined, KIND);
      const all = sides.length / width;
      const labels = valuesOf(made, 1, all, KIND);
      const values = scores ? valuesOf(made, 2, all, KIND) : undefined;
      const used = count ? (valuesOf(made, outputs.length - 1, 1, KIND)[0] as number) : all;
      if (!(Number.isInteger(used) && used >= 0 && used <= all))
        throw new CodedError('model-failed', `${KIND}: the graph says ${used} detections, of ${all}`);
      const at = (row: number) => ({
        box: sides,
        start: row * width,
        score: (values ? values[row] : sides[row * width + 4]) as number,
        label: labels[row] as number,
      });
      return { rows: used, at };
    },
  };
}

function roleOf(role: Exclude<Role, 'count'>, given: Options, context: HeadContext): TensorInfo {
  const name = given[role] ?? usualOutput(context.outputs, role)?.name;
  if (name !== undefined) return outputNamed(context, name, `head.${role}`);
  throw new CodedError(
    'model-invalid',
    `head.kind says ${KIND} (an output of ${role}), the graph says the outputs ${namesOf(context)}; say in head.${role} which it is`,
  );
}
