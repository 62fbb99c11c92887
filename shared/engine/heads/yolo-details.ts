/** What YOLO says of an object beside its box: keypoints and masks (`yolo.ts` says where they lie). */

import { CodedError } from '../../kit/errors.ts';
import type { OutputTensor } from '../infer/session.ts';
import type { Candidate, Detail } from './head.ts';
import { maskOf } from './mask.ts';
import { valuesOf } from './outputs.ts';
import type { YoloTable } from './yolo-decode.ts';
import type { YoloLayout } from './yolo-layout.ts';

export interface YoloDetails {
  /** Coefficients after the scores; 0 where there are no masks. */
  readonly masks: number;
  /** Names of the keypoints; none where there are none. */
  readonly keypoints: readonly string[];
  /** Numbers of a keypoint: 2, or 3 with how visible it is. */
  readonly dimensions: number;
}

/** Columns before those of the details. */
function columnsBefore(layout: YoloLayout, labels: number): number {
  return layout === 'nms' ? 6 : layout === 'objectness' ? 5 + labels : 4 + labels;
}

/**
 * @param outputs the table, and the prototypes where there are masks
 * @param size of the input in pixels
 * @throws CodedError `model-failed` for NaN, infinities, or prototypes of another size
 */
export function detailOf(
  outputs: readonly OutputTensor[],
  { row = 0, ...box }: Candidate,
  layout: YoloLayout,
  table: YoloTable,
  { masks, keypoints, dimensions }: YoloDetails,
  size: { readonly width: number; readonly height: number },
): Detail {
  const values = valuesOf(outputs, 0, undefined, 'yolo');
  const before = columnsBefore(layout, table.labels);
  const width = before + table.extra;
  const rows = values.length / width;
  const column = (k: number) =>
    values[layout === 'channels-first' ? (before + k) * rows + row : row * width + before + k] as number;
  const points = keypoints.map((name, i) => {
    const at = masks + i * dimensions;
    const [x, y, score] = [column(at), column(at + 1), dimensions === 3 ? column(at + 2) : undefined];
    if (!Number.isFinite(x + y + (score ?? 0)))
      throw new CodedError('model-failed', `yolo: keypoint ${name} of row ${row} is NaN or infinite`);
    return { name, x, y, ...(score === undefined ? {} : { score: Math.min(1, Math.max(0, score)) }) };
  });
  return {
    ...(points.length > 0 ? { keypoints: points } : {}),
    ...(masks > 0
      ? {
          mask: maskOf(
            Float32Array.from({ length: masks }, (_, k) => column(k)),
            prototypesOf(outputs, masks, size),
            box,
            row,
          ),
        }
      : {}),
  };
}

function prototypesOf(outputs: readonly OutputTensor[], masks: number, size: { width: number; height: number }) {
  const values = valuesOf(outputs, 1, undefined, 'yolo');
  const [, planes, rows = 0, columns = 0] = outputs[1]?.shape ?? [];
  if (planes !== masks || values.length !== masks * rows * columns || values.length === 0)
    throw new CodedError(
      'model-failed',
      `yolo: prototypes of masks are [${outputs[1]?.shape.join(', ')}], not [1, ${masks}, rows, columns]`,
    );
  return { values, rows, columns, stride: [size.width / columns, size.height / rows] as const };
}
