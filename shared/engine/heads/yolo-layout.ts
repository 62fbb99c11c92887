/** Which of the layouts of an Ultralytics export a graph's output has. */
import { CodedError } from '../../kit/errors.ts';
import { shapeText } from '../package/check.ts';
import type { TensorInfo } from '../package/graph.ts';
import { fits, type WantedShape } from './outputs.ts';

/**
 * - `channels-first`: [1, 4 + labels, anchors], the plain export;
 * - `anchors-first`: [1, anchors, 4 + labels], the same transposed;
 * - `nms`: [1, detections, 6], with suppression in the graph (`nms=True`) or needless (YOLOv10 and later, end to end).
 */
export const yoloLayouts = ['channels-first', 'anchors-first', 'nms'] as const;
export type YoloLayout = (typeof yoloLayouts)[number];

/**
 * @param wanted `head.layout`: a layout, or `auto` for the one that the graph's shape allows
 * @throws CodedError `model-invalid` where the graph contradicts it, allows none, or allows several
 */
export function yoloLayoutOf(
  output: TensorInfo,
  wanted: YoloLayout | 'auto',
  labels: number,
  anchors: number,
): YoloLayout {
  const shapes: Record<YoloLayout, WantedShape> = {
    'channels-first': [1, 4 + labels, anchors],
    'anchors-first': [1, anchors, 4 + labels],
    nms: [1, undefined, 6],
  };
  const says = (layout: YoloLayout) => `${shapeText({ name: '', type: '', shape: shapes[layout] })} (${layout})`;
  const graph = `the graph says ${shapeText(output)} in "${output.name}"`;
  if (wanted !== 'auto') {
    if (fits(output, shapes[wanted])) return wanted;
    throw new CodedError('model-invalid', `head.layout, labels and head.strides say ${says(wanted)}, ${graph}`);
  }
  // A free last axis is no sign of suppression in the graph: such exports state their six columns.
  const possible = yoloLayouts.filter((l) => fits(output, shapes[l]) && (l !== 'nms' || output.shape[2] === 6));
  const [first, ...others] = possible;
  if (first && others.length === 0) return first;
  if (!first) {
    throw new CodedError(
      'model-invalid',
      `labels and head.strides say ${yoloLayouts.map(says).join(' or ')}, ${graph}`,
    );
  }
  throw new CodedError(
    'model-invalid',
    `${graph}, which may be ${possible.map(says).join(' or ')}: say which in head.layout`,
  );
}
