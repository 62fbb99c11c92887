/** Layouts of published models: their outputs, and how what they found is written into them. */
import {
  boxBy,
  writeChosen,
  writeFastestdet,
  writeNanodetByStride,
  writeObjectness,
  writeRtmdet,
  writeScored,
} from '../../../support/box-layouts.ts';
import {
  type Thing,
  transposed,
  writeDetr,
  writeNanodet,
  writeUltraface,
  writeYoloChannels,
  writeYoloSuppressed,
  writeYunet,
} from '../../../support/head-layouts.ts';

type Outputs = Record<string, { shape: number[]; write: (things: readonly Thing[]) => Float32Array }>;

export interface Published {
  readonly example: string;
  readonly width: number;
  readonly height: number;
  /** One label: faces. */
  readonly faces?: boolean;
  readonly outputs: Outputs;
  readonly changes?: Record<string, unknown>;
}

const square = { width: 640, height: 640 };
const ultra = { width: 320, height: 240 };
const anchors416 = 52 * 52 + 26 * 26 + 13 * 13;

/** YOLOX: cx, cy, log w, log h in strides from the cell, objectness and scores; everything in the grid of stride 8. */
function writeYolox(things: readonly Thing[]): Float32Array {
  const values = new Float32Array(anchors416 * 85);
  for (const [i, t] of things.entries()) {
    const [column, row] = [i * 3 + 1, i * 5 + 2];
    const at = (row * 52 + column) * 85;
    const [cx, cy] = [(t.x1 + t.x2) / 16 - column, (t.y1 + t.y2) / 16 - row];
    values.set([cx, cy, Math.log((t.x2 - t.x1) / 8), Math.log((t.y2 - t.y1) / 8), 1], at);
    values[at + 5 + t.label] = t.score;
  }
  return values;
}

const small = { width: 352, height: 352 };
const levels = [8, 16, 32];
const medium = { width: 320, height: 320 };
const cells320 = 40 * 40 + 20 * 20 + 10 * 10;
const xyxy = (t: Thing) => boxBy('xyxy', t);

/** One of the parts that are written per level. */
function perLevel<T>(
  write: (things: readonly Thing[]) => readonly T[],
  part: (level: T) => Float32Array,
  index: number,
) {
  return (things: readonly Thing[]) => {
    const level = write(things)[index];
    return level ? part(level) : new Float32Array();
  };
}

const nanodetLevels = (things: readonly Thing[]) => writeNanodetByStride(things, medium, 80);
const rtmdetLevels = (things: readonly Thing[]) => writeRtmdet(things, medium, 80);
const ssd = (things: readonly Thing[]) => writeChosen(things, 100, (t) => boxBy('yxyx', t).map((v) => v / 300), 1);

export const published: Record<string, Published> = {
  'NanoDet-m 320, six outputs': {
    example: 'nanodet',
    width: 320,
    height: 320,
    changes: {
      input: { width: 320, height: 320, color: 'bgr', resize: 'stretch' },
      head: { kind: 'nanodet', strides: levels, cellOffset: 0.5 },
    },
    outputs: Object.fromEntries(
      levels.flatMap((stride, i) => [
        [
          `cls_pred_stride_${stride}`,
          { shape: [1, (320 / stride) ** 2, 80], write: perLevel(nanodetLevels, (l) => l.scores, i) },
        ],
        [
          `dis_pred_stride_${stride}`,
          { shape: [1, (320 / stride) ** 2, 32], write: perLevel(nanodetLevels, (l) => l.sides, i) },
        ],
      ]),
    ),
  },
  'YOLOv5 320': {
    example: 'yolo',
    ...medium,
    changes: { input: { ...medium, resize: 'letterbox-center', std: [255, 255, 255] } },
    outputs: { output0: { shape: [1, 6300, 85], write: (things) => writeObjectness(things, 80, 6300) } },
  },
  'RT-DETR of Ultralytics 640': {
    example: 'yolo',
    ...square,
    outputs: {
      output0: {
        shape: [1, 300, 84],
        write: (things) =>
          transposed(
            writeYoloChannels(
              things.map((t) => ({ ...t, x1: t.x1 / 640, y1: t.y1 / 640, x2: t.x2 / 640, y2: t.y2 / 640 })),
              80,
              300,
            ),
            84,
            300,
          ),
      },
    },
  },
  'RTMDet 320': {
    example: 'rtmdet',
    ...medium,
    changes: { input: { ...medium, color: 'bgr' } },
    outputs: Object.fromEntries(
      levels.flatMap((stride, i) => [
        [
          `cls_${stride}`,
          { shape: [1, 80, 320 / stride, 320 / stride], write: perLevel(rtmdetLevels, (l) => l.scores, i) },
        ],
        [
          `bbox_${stride}`,
          { shape: [1, 4, 320 / stride, 320 / stride], write: perLevel(rtmdetLevels, (l) => l.sides, i) },
        ],
      ]),
    ),
  },
  'FastestDet 352': {
    example: 'fastestdet',
    ...small,
    outputs: { output: { shape: [1, 85, 22, 22], write: (things) => writeFastestdet(things, small, 80) } },
  },
  'YOLO-NAS 320': {
    example: 'scored-boxes',
    ...medium,
    changes: { input: { ...medium, std: [255, 255, 255] } },
    outputs: {
      output: { shape: [1, cells320, 4], write: (things) => writeScored(things, cells320, 80, xyxy).boxes },
      scores: { shape: [1, cells320, 80], write: (things) => writeScored(things, cells320, 80, xyxy).scores },
    },
  },
  'SSD of TensorFlow 300': {
    example: 'final-boxes',
    width: 300,
    height: 300,
    outputs: {
      num_detections: { shape: [1], write: (things) => ssd(things).count },
      detection_boxes: { shape: [1, 100, 4], write: (things) => ssd(things).boxes },
      detection_scores: { shape: [1, 100], write: (things) => ssd(things).scores },
      detection_classes: { shape: [1, 100], write: (things) => ssd(things).labels },
    },
  },
  'NanoDet-Plus-m 416': {
    example: 'nanodet',
    width: 416,
    height: 416,
    outputs: {
      output: {
        shape: [1, anchors416 + 7 * 7, 112],
        write: (things) => writeNanodet(things, { width: 416, height: 416 }, 80),
      },
    },
  },
  'YOLOX-nano 416': {
    example: 'yolox',
    width: 416,
    height: 416,
    outputs: { output: { shape: [1, anchors416, 85], write: writeYolox } },
  },
  'YOLO11 640': {
    example: 'yolo',
    ...square,
    outputs: { output0: { shape: [1, 84, 8400], write: (things) => writeYoloChannels(things, 80, 8400) } },
  },
  'YOLO11 640, transposed': {
    example: 'yolo',
    ...square,
    outputs: {
      output0: { shape: [1, 8400, 84], write: (things) => transposed(writeYoloChannels(things, 80, 8400), 84, 8400) },
    },
  },
  'YOLO11 640 with NMS': {
    example: 'yolo-nms',
    ...square,
    outputs: { output0: { shape: [1, 300, 6], write: (things) => writeYoloSuppressed(things, 300) } },
  },
  'YOLO11 640 with NMS, told by its shape': {
    example: 'yolo',
    ...square,
    outputs: { output0: { shape: [1, 300, 6], write: (things) => writeYoloSuppressed(things, 300) } },
  },
  'D-FINE 640': {
    example: 'detr',
    ...square,
    outputs: {
      pred_logits: { shape: [1, 300, 80], write: (things) => writeDetr(things, square, 80, 300).logits },
      pred_boxes: { shape: [1, 300, 4], write: (things) => writeDetr(things, square, 80, 300).boxes },
    },
  },
  'UltraFace RFB 320': {
    example: 'ultraface',
    ...ultra,
    faces: true,
    outputs: {
      scores: { shape: [1, 4420, 2], write: (things) => writeUltraface(things, ultra, 4420).scores },
      boxes: { shape: [1, 4420, 4], write: (things) => writeUltraface(things, ultra, 4420).boxes },
    },
  },
  'YuNet 2023': {
    example: 'yunet',
    ...square,
    faces: true,
    outputs: Object.fromEntries(
      [8, 16, 32].flatMap((s) =>
        Object.entries({ cls: 1, obj: 1, bbox: 4, kps: 10 }).map(([part, columns]) => [
          `${part}_${s}`,
          {
            shape: [1, (640 / s) ** 2, columns],
            write: (things: readonly Thing[]) => writeYunet(things, square).get(`${part}_${s}`) ?? new Float32Array(),
          },
        ]),
      ),
    ),
  },
};
