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
 * More columns follow the scores of other tasks: coefficients of masks, with their prototypes in a second output [1, masks, rows,
 * columns] (`mask.ts`); keypoints (`keypoints`, `dimensions` numbers each: x, y in input pixels, and how visible it is, 0 to 1);
 * and the angle in radians by which a box is turned (`angle`; the upright box around it is given).
 */
import { z } from 'zod';
import { MAX_KEYPOINTS } from '../../contract/messages/detail.ts';
import { PERSON_KEYPOINTS } from '../../contract/skeleton.ts';
import { CodedError } from '../../kit/errors.ts';
import type { TensorInfo } from '../package/graph.ts';
import { cellsOf } from './boxes.ts';
import { type DetectHead, type HeadContext, headKind } from './head.ts';
import { namesOf, numbersOf, valuesOf } from './outputs.ts';
import { decodeAnchors, decodeObjectness, decodeSuppressed, type YoloTable } from './yolo-decode.ts';
import { detailOf } from './yolo-details.ts';
import { hasYoloLayout, type YoloCounts, yoloLayoutOf, yoloLayouts } from './yolo-layout.ts';

const options = z.strictObject({
  strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32]),
  layout: z.enum(['auto', ...yoloLayouts]).default('auto'),
  keypoints: z.number().int().min(1).max(MAX_KEYPOINTS).optional().describe('of a pose model: keypoints per object'),
  dimensions: z.number().int().min(2).max(3).default(3).describe('numbers per keypoint: x, y and how visible it is'),
  keypointNames: z
    .array(z.string().min(1).max(64))
    .min(1)
    .max(MAX_KEYPOINTS)
    .optional()
    .describe('names of the keypoints in their order; default: those of a person where there are 17, else numbers'),
  angle: z.boolean().default(false).describe('boxes are turned by an angle, the last column'),
});
type Options = z.infer<typeof options>;

/** Those of a person in COCO: the pose models that there are by far the most of. */
const PERSON = PERSON_KEYPOINTS.length;
/** Prototypes of masks, where the graph does not say how many. */
const MASKS = 32;

export const yolo = headKind({
  options,
  create(given, context): DetectHead {
    const { inputWidth, inputHeight, labels } = context;
    const output = boxesOf(context);
    const anchors = cellsOf(given.strides, inputWidth, inputHeight).length;
    const prototypes = context.outputs.find(({ shape }) => shape.length === 4);
    const masks = prototypes ? (prototypes.shape[1] ?? MASKS) : 0;
    const points = keypointsOf(given, context, output, { masks, anchors });
    const extra = masks + points.length * given.dimensions + (given.angle ? 1 : 0);
    const counts = { labels, anchors, extra };
    const layout = yoloLayoutOf(output, given.layout, counts, hintFor(output, counts));
    if (layout === 'nms' && given.angle)
      throw new CodedError(
        'model-invalid',
        'head.angle says turned boxes, which layout nms does not have; export it without nms',
      );
    const table: YoloTable = { ...counts, angle: given.angle };
    const all = (4 + labels + counts.extra) * anchors;
    const known = { masks, keypoints: points, dimensions: given.dimensions };
    const size = { width: inputWidth, height: inputHeight };
    return {
      task: 'detect',
      outputs: [output.name, ...(prototypes ? [numbersOf(prototypes).name] : [])],
      ...(masks + points.length > 0
        ? { detail: (outputs, candidate) => detailOf(outputs, candidate, layout, table, known, size) }
        : {}),
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

/**
 * Names of the keypoints: as many as are said, or those of a person where only they explain the columns of a model of one label.
 * @throws CodedError `model-invalid` where names and number contradict each other
 */
function keypointsOf(
  { keypoints, keypointNames, dimensions, angle }: Options,
  { labels }: HeadContext,
  output: TensorInfo,
  { masks, anchors }: { readonly masks: number; readonly anchors: number },
): readonly string[] {
  if (keypointNames && (keypoints ?? keypointNames.length) !== keypointNames.length)
    throw new CodedError(
      'model-invalid',
      `head.keypoints says ${keypoints}, head.keypointNames has ${keypointNames.length} names`,
    );
  if (keypointNames) return keypointNames;
  if (keypoints === PERSON) return PERSON_KEYPOINTS;
  if (keypoints !== undefined) return Array.from({ length: keypoints }, (_, i) => String(i));
  const plain = masks > 0 || angle || labels !== 1 || hasYoloLayout(output, { labels, anchors, extra: 0 });
  return !plain && hasYoloLayout(output, { labels, anchors, extra: PERSON * dimensions }) ? PERSON_KEYPOINTS : [];
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
