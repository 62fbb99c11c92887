/** Which of the layouts of a YOLO export a graph's output has. */
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import type { TensorInfo } from '../package/graph.ts';
import { fits, type WantedShape } from './outputs.ts';

/**
 * - `channels-first`: [1, 4 + labels, anchors], the plain export of v8 and later;
 * - `anchors-first`: [1, anchors, 4 + labels], the same transposed;
 * - `objectness`: [1, n x anchors, 5 + labels], YOLOv5 and v7 (three anchors per cell), YOLOX with decoded boxes and YOLOv6 (one);
 * - `queries`: [1, queries, 4 + labels], RT-DETR of Ultralytics, boxes as fractions;
 * - `nms`: [1, detections, 6], with suppression in the graph (`nms=True`) or needless (YOLOv10 and later, end to end).
 *
 * Each may have `extra` columns more: coefficients of masks, keypoints, an angle.
 */
export const yoloLayouts = ['channels-first', 'anchors-first', 'objectness', 'queries', 'nms'] as const;
export type YoloLayout = (typeof yoloLayouts)[number];

/** What the manifest says of the output's columns and rows. */
export interface YoloCounts {
  readonly labels: number;
  /** Columns after the scores. */
  readonly extra: number;
  /** Cells of all strides. */
  readonly anchors: number;
}

/** Sizes of a layout; undefined where every size will do. */
function shapesOf({ labels, extra, anchors }: YoloCounts): Record<YoloLayout, WantedShape> {
  return {
    'channels-first': [1, 4 + labels + extra, anchors],
    'anchors-first': [1, anchors, 4 + labels + extra],
    objectness: [1, undefined, 5 + labels + extra],
    queries: [1, undefined, 4 + labels + extra],
    nms: [1, undefined, 6 + extra],
  };
}

/** Is a free size no obstacle? Rows of anchors must be a multiple of them, and exports state their columns. */
function suits(layout: YoloLayout, output: TensorInfo, counts: YoloCounts): boolean {
  if (!fits(output, shapesOf(counts)[layout])) return false;
  const [, rows, columns] = output.shape;
  const known = rows !== undefined && columns !== undefined;
  if (layout === 'objectness') return known && rows % counts.anchors === 0;
  // Six columns are a box, a score and a label first of all.
  if (layout === 'queries') return known && rows % counts.anchors !== 0 && columns !== 6 + counts.extra;
  return layout !== 'nms' || columns === 6 + counts.extra;
}

/**
 * @param wanted `head.layout`: a layout, or `auto` for the one that the graph's shape allows
 * @param hint what else may be the matter, for the message
 * @throws CodedError `model-invalid` where the graph contradicts it, allows none, or allows several
 */
export function yoloLayoutOf(
  output: TensorInfo,
  wanted: YoloLayout | 'auto',
  counts: YoloCounts,
  hint = '',
): YoloLayout {
  const shapes = shapesOf(counts);
  const says = (layout: YoloLayout) => `${shapeText({ name: '', type: '', shape: shapes[layout] })} (${layout})`;
  const graph = `the graph says ${shapeText(output)} in "${output.name}"`;
  if (wanted !== 'auto') {
    if (fits(output, shapes[wanted])) return wanted;
    throw new CodedError('model-invalid', `head.layout, labels and head.strides say ${says(wanted)}, ${graph}${hint}`);
  }
  const possible = yoloLayouts.filter((layout) => suits(layout, output, counts));
  const [first, ...others] = possible;
  // As many anchors as columns: the plain export is by far the more usual one.
  const square = possible.join() === 'channels-first,anchors-first' && output.shape[1] !== undefined;
  if (first && (others.length === 0 || square)) return first;
  if (!first) {
    const all = yoloLayouts.map(says).join(' or ');
    throw new CodedError('model-invalid', `labels and head.strides say ${all}, ${graph}${hint}`);
  }
  throw new CodedError(
    'model-invalid',
    `${graph}, which may be ${possible.map(says).join(' or ')}: say which in head.layout`,
  );
}

/** Does one of the layouts fit? */
export function hasYoloLayout(output: TensorInfo, counts: YoloCounts): boolean {
  return yoloLayouts.some((layout) => suits(layout, output, counts));
}
