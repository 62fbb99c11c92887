/**
 * YuNet of the OpenCV Zoo, 2023 (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023;
 * github.com/opencv/opencv_zoo `face_detection_yunet_2023mar.onnx`; decoding as opencv `modules/objdetect/src/face_detect.cpp`).
 *
 * Four outputs a stride (8, 16, 32), anchors = (height / stride) x (width / stride), row by row: `cls_8` [1, anchors, 1] and
 * `obj_8` [1, anchors, 1], after their sigmoid, `bbox_8` [1, anchors, 4] and `kps_8` [1, anchors, 10] (the five landmarks,
 * which are not read). Score = sqrt(cls x obj), both cut to 0 … 1; centre = (cell + value) x stride, size = exp(value) x
 * stride, in input pixels. Upstream's input: bgr, 0 to 255. The model of 2022 (`loc`, `conf`, `iou`) is another.
 */
import { z } from 'zod';
import { addBox, type Cell, cellsOf, cornersOf } from './boxes.ts';
import { type Candidate, headKind } from './head.ts';
import { outputNamed, requireOneLabel, requireShape, valuesOf } from './outputs.ts';

const options = z.strictObject({ strides: z.array(z.number().int().positive()).min(1).default([8, 16, 32]) });

/** What is read of each stride, and its values an anchor. */
const PARTS = { cls: 1, obj: 1, bbox: 4 } as const;

export const yunet = headKind({
  options,
  create({ strides }, context) {
    requireOneLabel(context, 'yunet');
    const levels = strides.map((stride) => cellsOf([stride], context.inputWidth, context.inputHeight));
    const names = strides.flatMap((stride, level) =>
      Object.entries(PARTS).map(([part, width]) => {
        const output = outputNamed(context, `${part}_${stride}`, 'head.kind yunet with head.strides');
        requireShape(output, [1, levels[level]?.length, width], 'input and head.strides say');
        return output.name;
      }),
    );
    return {
      task: 'detect',
      outputs: names,
      decode(outputs, threshold) {
        const found: Candidate[] = [];
        for (const [level, cells] of levels.entries()) {
          const first = level * 3;
          const cls = valuesOf(outputs, first, cells.length, 'yunet');
          const obj = valuesOf(outputs, first + 1, cells.length, 'yunet');
          decodeLevel(found, cells, cls, obj, valuesOf(outputs, first + 2, cells.length * 4, 'yunet'), threshold);
        }
        return found;
      },
    };
  },
});

function decodeLevel(
  found: Candidate[],
  cells: readonly Cell[],
  cls: Float32Array,
  obj: Float32Array,
  boxes: Float32Array,
  threshold: number,
): void {
  for (let row = 0; row < cells.length; row++) {
    const score = Math.sqrt(cut(cls[row] as number) * cut(obj[row] as number));
    if (score < threshold) continue;
    const { x, y, stride } = cells[row] as Cell;
    const at = (k: number) => boxes[row * 4 + k] as number;
    // The exponential would hide negative infinity.
    const size = (k: number) => (Number.isFinite(at(k)) ? Math.exp(at(k)) * stride : Number.NaN);
    const box = cornersOf((x + at(0)) * stride, (y + at(1)) * stride, size(2), size(3));
    addBox(found, { label: 0, score, ...box }, 'yunet', row);
  }
}

/** To 0 … 1; what is not finite becomes NaN, which no comparison hides. */
function cut(value: number): number {
  return Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : Number.NaN;
}
