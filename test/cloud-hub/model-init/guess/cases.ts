/** Shapes and metadata of published exports, and the manifest that their authors' own code amounts to. */
import { type Exported, names, ULTRALYTICS } from './exports.ts';

const IMAGENET_BGR = { mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395] };

export interface Case {
  readonly of: Exported;
  readonly head: object;
  readonly input: object;
  readonly labels: number;
  readonly task?: string;
}

export const cases: Record<string, Case> = {
  'YOLO11 of Ultralytics': {
    of: { outputs: { output0: [1, 84, 8400] }, metadata: { ...ULTRALYTICS, names: names(80) } },
    head: { kind: 'yolo', layout: 'channels-first' },
    input: { width: 640, height: 640, color: 'rgb', resize: 'letterbox-center', std: [255, 255, 255] },
    labels: 80,
  },
  'YOLOv8 of two labels, wide, without metadata': {
    of: { input: [1, 3, 384, 640], outputs: { output0: [1, 6, 5040] } },
    head: { kind: 'yolo', layout: 'channels-first' },
    input: { width: 640, height: 384, color: 'rgb', resize: 'letterbox-center' },
    labels: 2,
  },
  'YOLOv8 with a fourth stride': {
    of: { input: [1, 3, 1280, 1280], outputs: { output0: [1, 84, 34000] } },
    head: { kind: 'yolo', layout: 'channels-first', strides: [8, 16, 32, 64] },
    input: { width: 1280 },
    labels: 80,
  },
  'YOLO11 transposed': {
    of: { outputs: { output0: [1, 8400, 84] }, metadata: { ...ULTRALYTICS, names: names(80) } },
    head: { kind: 'yolo', layout: 'anchors-first' },
    input: { color: 'rgb' },
    labels: 80,
  },
  'YOLOv10, end to end': {
    of: { outputs: { output0: [1, 300, 6] }, metadata: { ...ULTRALYTICS, names: names(7) } },
    head: { kind: 'yolo', layout: 'nms' },
    input: { color: 'rgb', resize: 'letterbox-center' },
    labels: 7,
  },
  YOLOX: {
    of: { input: [1, 3, 416, 416], outputs: { output: [1, 3549, 85] } },
    head: { kind: 'yolox', strides: [8, 16, 32] },
    input: { width: 416, color: 'bgr', resize: 'letterbox', pad: 114, mean: [0, 0, 0], std: [1, 1, 1] },
    labels: 80,
  },
  'YOLOX with decoded boxes': {
    of: { input: [1, 3, 416, 416], outputs: { output: [1, 3549, 85] }, operators: ['Conv', 'Exp'] },
    head: { kind: 'yolo', layout: 'objectness' },
    input: { color: 'bgr', resize: 'letterbox', std: [1, 1, 1] },
    labels: 80,
  },
  YOLOv5: {
    of: { outputs: { output0: [1, 25_200, 85] }, metadata: { stride: '32', names: names(80) } },
    head: { kind: 'yolo', layout: 'objectness' },
    input: { color: 'rgb', resize: 'letterbox-center', std: [255, 255, 255] },
    labels: 80,
  },
  'YOLOv5 with masks': {
    of: { outputs: { output0: [1, 25_200, 117], output1: [1, 32, 160, 160] } },
    head: { kind: 'yolo', layout: 'objectness' },
    input: { color: 'rgb' },
    labels: 80,
  },
  'YOLO11 with masks': {
    of: {
      outputs: { output0: [1, 116, 8400], output1: [1, 32, 160, 160] },
      metadata: { ...ULTRALYTICS, names: names(80) },
    },
    head: { kind: 'yolo', layout: 'channels-first' },
    input: { color: 'rgb' },
    labels: 80,
  },
  'YOLO11 with keypoints': {
    of: {
      outputs: { output0: [1, 56, 8400] },
      metadata: { ...ULTRALYTICS, task: 'pose', kpt_shape: '[17, 3]', names: "{0: 'person'}" },
    },
    head: { kind: 'yolo', layout: 'channels-first', keypoints: 17 },
    input: { color: 'rgb' },
    labels: 1,
  },
  'YOLO11 with turned boxes': {
    of: {
      outputs: { output0: [1, 20, 21_504] },
      input: [1, 3, 1024, 1024],
      metadata: { ...ULTRALYTICS, task: 'obb', names: names(15) },
    },
    head: { kind: 'yolo', layout: 'channels-first', angle: true },
    input: { color: 'rgb' },
    labels: 15,
  },
  'YOLO26 with masks, end to end': {
    of: {
      outputs: { output0: [1, 300, 38], output1: [1, 32, 160, 160] },
      metadata: { ...ULTRALYTICS, names: names(80) },
    },
    head: { kind: 'yolo', layout: 'nms' },
    input: { color: 'rgb' },
    labels: 80,
  },
  'RT-DETR of Ultralytics': {
    of: {
      outputs: { output0: [1, 300, 84] },
      metadata: { ...ULTRALYTICS, description: 'Ultralytics RTDETR-l', names: names(80) },
    },
    head: { kind: 'yolo', layout: 'queries' },
    input: { color: 'rgb', resize: 'stretch' },
    labels: 80,
  },
  'RF-DETR': {
    of: { input: [1, 3, 560, 560], outputs: { dets: [1, 300, 4], labels: [1, 300, 91] } },
    head: { kind: 'detr', logits: 'labels', boxes: 'dets' },
    input: { width: 560, color: 'rgb', resize: 'stretch', mean: [123.675, 116.28, 103.53] },
    labels: 91,
  },
  'DETR of transformers': {
    of: { input: [1, 3, 800, 800], outputs: { logits: [1, 100, 92], pred_boxes: [1, 100, 4] } },
    head: { kind: 'detr', logits: 'logits', boxes: 'pred_boxes', softmax: true },
    input: { resize: 'stretch' },
    labels: 91,
  },
  'NanoDet-m with six outputs': {
    of: {
      input: [1, 3, 320, 320],
      outputs: {
        a: [1, 1600, 80],
        b: [1, 400, 80],
        c: [1, 100, 80],
        d: [1, 1600, 32],
        e: [1, 400, 32],
        f: [1, 100, 32],
      },
    },
    head: { kind: 'nanodet', strides: [8, 16, 32], cellOffset: 0.5 },
    input: { color: 'bgr', resize: 'stretch', ...IMAGENET_BGR },
    labels: 80,
  },
  'PicoDet without post-processing': {
    of: {
      input: [1, 3, 416, 416],
      producer: 'paddle2onnx',
      outputs: Object.fromEntries(
        [2704, 676, 169, 49].flatMap((cells, i) => [
          [`transpose_${i}.tmp_0`, [1, cells, 80]],
          [`transpose_${i + 4}.tmp_0`, [1, cells, 32]],
        ]),
      ),
    },
    head: { kind: 'nanodet', strides: [8, 16, 32, 64], cellOffset: 0.5 },
    input: { color: 'rgb', resize: 'stretch', mean: [123.675, 116.28, 103.53] },
    labels: 80,
  },
  'PicoDet without NMS': {
    of: { input: [1, 3, 416, 416], producer: 'paddle2onnx', outputs: { b: [1, 3598, 4], s: [1, 80, 3598] } },
    head: { kind: 'scored-boxes', boxes: 'b', scores: 's' },
    input: { color: 'rgb', mean: [123.675, 116.28, 103.53] },
    labels: 80,
  },
  RTMDet: {
    of: {
      outputs: Object.fromEntries(
        [80, 40, 20].flatMap((side, i) => [
          [`cls${i}`, [1, 80, side, side]],
          [`reg${i}`, [1, 4, side, side]],
        ]),
      ),
    },
    head: { kind: 'rtmdet' },
    input: { color: 'bgr', resize: 'letterbox', ...IMAGENET_BGR },
    labels: 80,
  },
  FastestDet: {
    of: { input: [1, 3, 352, 352], outputs: { output: [1, 85, 22, 22] } },
    head: { kind: 'fastestdet' },
    input: { color: 'bgr', resize: 'stretch', std: [255, 255, 255] },
    labels: 80,
  },
  'YOLO-NAS': {
    of: { outputs: { output: [1, 8400, 4], '1069': [1, 8400, 80] } },
    head: { kind: 'scored-boxes', boxes: 'output', scores: '1069' },
    input: { color: 'rgb', std: [255, 255, 255] },
    labels: 80,
  },
  YOLOv4: {
    of: { input: [1, 3, 416, 416], outputs: { boxes: [1, 10_647, 1, 4], confs: [1, 10_647, 80] } },
    head: { kind: 'scored-boxes', boxes: 'boxes', scores: 'confs', unit: 'fractions' },
    input: { resize: 'stretch', std: [255, 255, 255] },
    labels: 80,
  },
  'SSD of PyTorch': {
    of: { input: [1, 3, 300, 300], outputs: { scores: [1, 3000, 21], boxes: [1, 3000, 4] }, operators: ['Softmax'] },
    head: { kind: 'scored-boxes', boxes: 'boxes', scores: 'scores', unit: 'fractions', background: true },
    input: { resize: 'stretch' },
    labels: 20,
  },
  'SSD of TensorFlow': {
    of: {
      input: [undefined, 300, 300, 3],
      type: 'uint8',
      producer: 'tf2onnx',
      outputs: {
        'num_detections:0': [1],
        'detection_boxes:0': [1, 100, 4],
        'detection_scores:0': [1, 100],
        'detection_classes:0': [1, 100],
      },
    },
    head: { kind: 'final-boxes', form: 'yxyx', unit: 'fractions', firstLabel: 1 },
    input: { width: 300, layout: 'nhwc', color: 'rgb', mean: [0, 0, 0], std: [1, 1, 1] },
    labels: 90,
  },
  'YOLO with EfficientNMS': {
    of: { outputs: { num_dets: [1, 1], det_boxes: [1, 100, 4], det_scores: [1, 100], det_classes: [1, 100] } },
    head: { kind: 'final-boxes' },
    input: { resize: 'letterbox-center', std: [255, 255, 255] },
    labels: 80,
  },
  MMDetection: {
    of: { outputs: { dets: [1, undefined, 5], labels: [1, undefined] } },
    head: { kind: 'final-boxes' },
    input: { color: 'bgr', ...IMAGENET_BGR },
    labels: 80,
  },
  torchvision: {
    of: { outputs: { boxes: [undefined, 4], labels: [undefined], scores: [undefined] } },
    head: { kind: 'final-boxes' },
    input: { color: 'rgb', std: [255, 255, 255] },
    labels: 91,
  },
  'YOLOv7 --end2end': {
    of: { outputs: { output: [undefined, 7] }, operators: ['NonMaxSuppression'] },
    head: { kind: 'final-boxes', columns: ['skip', 'box', 'label', 'score'] },
    input: { color: 'rgb' },
    labels: 80,
  },
  'NanoDet-Plus': {
    of: { input: [1, 3, 416, 416], outputs: { output: [1, 3598, 112] } },
    head: { kind: 'nanodet', strides: [8, 16, 32, 64], regMax: 7 },
    input: { color: 'bgr', resize: 'stretch', ...IMAGENET_BGR },
    labels: 80,
  },
  'D-FINE': {
    of: { outputs: { pred_logits: [1, 300, 80], pred_boxes: [1, 300, 4] } },
    head: { kind: 'detr', logits: 'pred_logits', boxes: 'pred_boxes' },
    input: { color: 'rgb', resize: 'stretch', std: [255, 255, 255] },
    labels: 80,
  },
  UltraFace: {
    of: { input: [1, 3, 240, 320], outputs: { scores: [1, 4420, 2], boxes: [1, 4420, 4] } },
    head: { kind: 'ultraface' },
    input: { width: 320, height: 240, mean: [127, 127, 127] },
    labels: 1,
  },
  'ResNet of torchvision': {
    of: { input: [1, 3, 224, 224], outputs: { logits: [1, 1000] } },
    head: { kind: 'classify', softmax: true },
    input: {
      width: 224,
      color: 'rgb',
      resize: 'stretch',
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
    },
    labels: 1000,
    task: 'classify',
  },
  'MobileNet of Keras': {
    of: {
      input: [undefined, 224, 224, 3],
      outputs: { p: [undefined, 1000] },
      operators: ['Softmax'],
      producer: 'tf2onnx',
    },
    head: { kind: 'classify' },
    input: { layout: 'nhwc', mean: [127.5, 127.5, 127.5] },
    labels: 1000,
    task: 'classify',
  },
  'an embedding': {
    of: { input: [1, 3, 112, 112], outputs: { a: [1, 512, 2, 2] } },
    head: { kind: 'raw', output: 'a' },
    input: { width: 112 },
    labels: 1,
    task: 'embed',
  },
};
