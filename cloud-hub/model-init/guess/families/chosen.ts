/** Detections that the graph has chosen and suppressed itself. */
import { usualOutput } from '../../../../shared/engine/heads/final-boxes.ts';
import { COCO_91_LABELS, COCO_LABELS } from '../../../../shared/engine/labels/coco.ts';
import { shapeText } from '../../../../shared/engine/package/check.ts';
import {
  BYTES,
  type Family,
  IMAGENET,
  IMAGENET_BGR,
  type Pixels,
  type Recognised,
  type Sight,
  UNIT,
} from './family.ts';

/** Boxes, scores and labels, by the names that exporters give them. */
export const chosenLists: Family = {
  name: 'detections chosen by the graph (TensorFlow, EfficientNMS, torchvision, MMDetection, YOLO-NAS)',
  recognise(sight) {
    const { outputs } = sight;
    const boxes = usualOutput(outputs, 'boxes');
    const classes = usualOutput(outputs, 'classes');
    const width = boxes?.shape.at(-1);
    // With three axes they are scores of each label, as DETR has them.
    if (!boxes || !classes || classes === boxes || classes.shape.length > 2) return undefined;
    if (width !== 5 && (width !== 4 || !usualOutput(outputs, 'scores'))) return undefined;
    const author = authorOf(boxes.name, width, sight);
    return {
      task: 'detect',
      why: `outputs that are named ${outputs.map((o) => `"${o.name}"`).join(', ')}, as ${author.fedLike} names them`,
      sure: true,
      labels: undefined,
      threshold: 0.3,
      ...author,
      head: { kind: 'final-boxes', ...author.head },
    };
  },
};

type Author = Pick<Recognised, 'pixels' | 'fedLike'> & { readonly head?: object; readonly usual?: readonly string[] };

function authorOf(name: string, width: number | undefined, { outputs, facts }: Sight): Author {
  const unit = { pixels: { color: 'rgb', resize: 'stretch', ...UNIT } as Pixels };
  if (/detection_boxes/.test(name))
    return {
      head: { form: 'yxyx', unit: 'fractions', firstLabel: 1 },
      pixels: { color: 'rgb', resize: 'stretch', ...BYTES },
      fedLike: "TensorFlow's object detection",
      usual: COCO_91_LABELS.slice(1),
    };
  if (width === 5)
    return { pixels: { color: 'bgr', resize: 'letterbox', pad: 114, ...IMAGENET_BGR }, fedLike: 'MMDetection' };
  if (/bboxes/.test(name))
    return {
      head: { unit: 'fractions', firstLabel: 1 },
      pixels: { color: 'rgb', resize: 'stretch', ...IMAGENET },
      fedLike: 'SSD of the ONNX zoo',
      usual: COCO_LABELS,
    };
  if (/pred_boxes/.test(name))
    return {
      pixels: { color: 'rgb', resize: 'letterbox', pad: 114, ...(facts.image?.type === 'float32' ? UNIT : BYTES) },
      fedLike: 'YOLO-NAS',
    };
  if (/det_boxes|nmsed/.test(name))
    return {
      pixels: { color: 'rgb', resize: 'letterbox-center', pad: 114, ...UNIT },
      fedLike: 'YOLO with EfficientNMS',
    };
  const flat = outputs.every(({ shape }) => shape.length <= 2);
  return flat ? { ...unit, fedLike: 'torchvision', usual: COCO_91_LABELS } : { ...unit, fedLike: 'RT-DETR and D-FINE' };
}

/** [n, 6]: label, score and box, with or without how many they are; known by the inputs that only Paddle has, or by its name. */
export const paddleRows: Family = {
  name: 'rows of label, score and box (PP-YOLOE, PicoDet and RT-DETR of PaddleDetection)',
  recognise({ outputs, facts: { inputs, producer } }) {
    const [output, ...others] = outputs.filter(({ shape }) => shape.length !== 1);
    const has = (name: string) => inputs.some((input) => input.name === name);
    if (!output || others.length > 0 || output.shape.length !== 2 || output.shape[1] !== 6) return undefined;
    if (!has('scale_factor') && !/paddle/i.test(producer)) return undefined;
    const queries = has('im_shape');
    return {
      task: 'detect',
      head: { kind: 'final-boxes', columns: ['label', 'score', 'box'] },
      why: `${shapeText(output)} in "${output.name}": rows of label, score and box, as PaddleDetection writes them`,
      sure: true,
      labels: undefined,
      usual: COCO_LABELS,
      pixels: { color: 'rgb', resize: 'stretch', ...(queries ? UNIT : IMAGENET) },
      fedLike: queries ? 'RT-DETR' : 'PP-YOLOE and PicoDet',
      threshold: 0.4,
    };
  },
};

/** [n, 7]: batch, box, and label and score. */
export const chosenRows: Family = {
  name: 'rows of batch, box, label and score (YOLOv7 --end2end, YOLO-NAS)',
  recognise({ outputs, facts }) {
    const [output, ...others] = outputs;
    if (!output || others.length > 0 || output.shape.length !== 2 || output.shape[1] !== 7) return undefined;
    if (output.shape[0] !== undefined && !facts.operators.has('NonMaxSuppression')) return undefined;
    const nas = facts.image?.type === 'uint8';
    return {
      task: 'detect',
      head: {
        kind: 'final-boxes',
        columns: nas ? ['skip', 'box', 'score', 'label'] : ['skip', 'box', 'label', 'score'],
      },
      why: `${shapeText(output)} in "${output.name}": rows of batch, box, ${nas ? 'score and label, as YOLO-NAS' : 'label and score, as YOLOv7'} writes them`,
      sure: false,
      labels: undefined,
      pixels: { color: 'rgb', resize: nas ? 'letterbox' : 'letterbox-center', pad: 114, ...(nas ? BYTES : UNIT) },
      fedLike: nas ? 'YOLO-NAS' : 'YOLOv7',
      threshold: 0.25,
    };
  },
};
