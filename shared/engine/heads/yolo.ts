/**
 * YOLO of Ultralytics, v8 and later (github.com/ultralytics/ultralytics, `nn/modules/head.py` `Detect`, `engine/exporter.py`), and
 * what came before with an objectness (github.com/ultralytics/yolov5 `models/yolo.py`, github.com/WongKinYiu/yolov7, YOLOX with
 * `--decode_in_inference`).
 *
 * Without objectness: [1, 4 + labels, anchors], or transposed, anchors = sum over strides of (height / stride) x
 * (width / stride); a column is cx, cy, width, height in input pixels and one score per label, after its sigmoid. With objectness:
 * [1, n x anchors, 5 + labels], a row cx, cy, width, height, objectness, scores; score = objectness x best label's. With suppression
 * in the graph: [1, detections, 6], a row x1, y1, x2, y2 in input pixels, score, label; unused rows are zero. RT-DETR of
 * Ultralytics: [1, queries, 4 + labels], boxes as fractions of the input, nothing to suppress. Which one is read from the
 * graph's shape, or said in `layout`.
 *
 * More columns follow the scores of other tasks; their boxes are read: coefficients of masks (with a second output [1, masks, rows,
 * columns]), keypoints (`keypoints`, `dimensions` numbers each), and the angle in radians by which a box is turned (`angle`;
 * the upright box around it is given).
 */
import { z } from 'zod';
import { CodedError } from '../../kit/errors.ts';
import type { TensorInfo } from '../package/graph.ts';
import { cellsOf } from './boxes.ts';
import { type DetectHead, type HeadContext, headKind } from './head.ts';
import { namesOf, numbersOf, valuesOf } from './outputs.ts';
import { decodeAnchors, decodeObjectness, decodeSuppressed, type YoloTable } from './yolo-decode.ts';
import { hasYoloLayout, type YoloCounts, yoloLayoutOf, yoloLayouts } from './yolo-layout.ts';

const options = z.strictObject({
  strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32]),
  layout: z.enum(['auto', ...yoloLayouts]).default('auto'),
  keypoints: z.number().int().min(1).max(1000).optional().describe('of a pose model: keypoints per object'),
  dimensions: z.number().int().min(2).max(3).default(3).describe('numbers per keypoint: x, y and how visible it is'),
  angle: z.boolean().default(false).describe('boxes are turned by an angle, the last column'),
});
type Options = z.infer<typeof options>;

/** Keypoints of a person in COCO, with three numbers each: the pose models that there are by far the most of. */
const PERSON = 17 * 3;

export const yolo = headKind({
  options,
  create(given, context): DetectHead {
    const { inputWidth, inputHeight, labels } = context;
    const output = boxesOf(context);
    const anchors = cellsOf(given.strides, inputWidth, inputHeight).length;
    const counts = { labels, anchors, extra: extraOf(given, context, output, anchors) };
    const layout = yoloLayoutOf(output, given.layout, counts, hintFor(output, counts));
    if (layout === 'nms' && given.angle)
      throw new CodedError(
        'model-invalid',
        'head.angle says turned boxes, which layout nms does not have; export it without nms',
      );
    const table: YoloTable = { ...counts, angle: given.angle };
    const all = (4 + labels + counts.extra) * anchors;
    return {
      task: 'detect',
      outputs: [output.name],
      suppress: layout !== 'nms' && layout !== 'queries',
      decode(outputs, threshold) {
        const plain = layout === 'channels-first' || layout === 'anchors-first';
        const values = valuesOf(outputs, 0, plain ? all : undefined, 'yolo');
        if (layout === 'nms') return decodeSuppressed(values, table, threshold);
        if (layout === 'objectness') return decodeObjectness(values, table, threshold);
        if (layout === 'queries') return decodeAnchors(values, table, 'rows', threshold, [inputWidth, inputHeight]);
        return decodeAnchors(values, table, layout === 'channels-first' ? 'columns' : 'rows', threshold, [1, 1]);
      },
    };
  },
});

/** The output with the boxes: the only one beside the prototypes of masks. */
function boxesOf(context: HeadContext): TensorInfo {
  const [output, ...others] = context.outputs.filter(({ shape }) => shape.length !== 4);
  if (output && others.length === 0 && context.outputs.length <= 2) return numbersOf(output);
  throw new CodedError(
    'model-invalid',
    `head.kind says yolo (one output, or two with masks), the graph says ${context.outputs.length} outputs (${namesOf(context)})`,
  );
}

function extraOf(given: Options, context: HeadContext, output: TensorInfo, anchors: number): number {
  const masks = context.outputs.find(({ shape }) => shape.length === 4);
  const columns =
    (masks?.shape[1] ?? (masks ? 32 : 0)) + (given.keypoints ?? 0) * given.dimensions + (given.angle ? 1 : 0);
  const { labels } = context;
  const pose = columns === 0 && labels === 1 && !hasYoloLayout(output, { labels, anchors, extra: 0 });
  return pose && hasYoloLayout(output, { labels, anchors, extra: PERSON }) ? PERSON : columns;
}

/** What more columns than the labels need may be. */
function hintFor({ shape }: TensorInfo, { labels, extra }: YoloCounts): string {
  const [, a = 0, b = 0] = shape;
  const more = Math.min(a, b) - 4 - labels - extra;
  if (more === 1) return '; are its boxes turned, say head.angle: true';
  if (more > 0 && more % 3 === 0)
    return `; are the ${more} columns more keypoints, say head.keypoints: ${more / 3}; else check labels`;
  return '';
}
