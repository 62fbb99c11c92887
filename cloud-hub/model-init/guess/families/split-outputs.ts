/** Detectors that give their scores and boxes in outputs of their own. */
import { shapeText } from '../../../../shared/engine/package/check.ts';
import type { TensorInfo } from '../../../../shared/engine/package/graph.ts';
import {
  type Family,
  IMAGENET,
  IMAGENET_BGR,
  type Recognised,
  type Sight,
  sizesOf,
  stridesOf,
  UNIT,
} from './family.ts';

/** Sets of strides in use, the most usual first. */
const STRIDES = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
];

/** Two outputs per stride: scores [1, cells, labels] and distributions [1, cells, 4 x (regMax + 1)]. */
export const nanodetByStride: Family = {
  name: 'NanoDet or PicoDet, two outputs per stride',
  recognise(sight) {
    const { outputs, width, height } = sight;
    for (const strides of STRIDES) {
      if (outputs.length !== strides.length * 2) continue;
      const columns = strides.map((stride) => {
        const cells = Math.ceil(width / stride) * Math.ceil(height / stride);
        return outputs.filter((o) => sizesOf(o)[0] === cells && sizesOf(o).length === 2).map((o) => sizesOf(o)[1] ?? 0);
      });
      const [pair = []] = columns;
      const sides = pair.find((c) => c === 32) ?? pair.find((c) => c % 4 === 0 && c >= 8);
      const labels = pair.find((c, i) => c !== sides || pair.indexOf(c) !== i);
      const alike = columns.every((c) => c.length === 2 && c.toSorted().join() === pair.toSorted().join());
      if (!alike || sides === undefined || labels === undefined) continue;
      const paddle = /paddle/i.test(sight.facts.producer) || outputs.some((o) => /tmp_\d+$/.test(o.name));
      const corner = strides.length === 4 && !paddle;
      const regMax = sides / 4 - 1;
      return {
        task: 'detect',
        head: {
          kind: 'nanodet',
          strides: [...strides],
          ...(regMax === 7 ? {} : { regMax }),
          ...(corner ? {} : { cellOffset: 0.5 }),
        },
        why: `${outputs.length} outputs: for each of the strides ${strides.join(', ')} one of ${labels} scores and one of ${sides} logits; as ${corner ? 'NanoDet-Plus' : 'NanoDet and PicoDet'} a box starts ${corner ? 'in the corner' : 'in the middle'} of its cell (head.cellOffset)`,
        sure: true,
        labels,
        pixels: { color: paddle ? 'rgb' : 'bgr', resize: 'stretch', ...(paddle ? IMAGENET : IMAGENET_BGR) },
        fedLike: paddle ? 'PicoDet' : 'NanoDet',
        threshold: 0.4,
        iou: 0.6,
      };
    }
    return undefined;
  },
};

/** Two outputs per stride with their grids: scores [1, labels, rows, columns] and distances [1, 4, rows, columns]. */
export const rtmdet: Family = {
  name: 'RTMDet',
  recognise({ outputs, width, height }) {
    for (const strides of STRIDES) {
      if (outputs.length !== strides.length * 2) continue;
      const channels = strides.map((stride) => {
        const grid = [Math.ceil(height / stride), Math.ceil(width / stride)].join();
        return outputs.filter((o) => sizesOf(o).slice(1).join() === grid).map((o) => sizesOf(o)[0] ?? 0);
      });
      const [pair = []] = channels;
      const labels = pair.find((c) => c !== 4) ?? 4;
      if (!channels.every((c) => c.length === 2 && c.includes(4) && c.includes(labels))) continue;
      return {
        task: 'detect',
        head: { kind: 'rtmdet', ...(strides.join() === '8,16,32' ? {} : { strides: [...strides] }) },
        why: `${outputs.length} outputs: for each of the strides ${strides.join(', ')} a grid of ${labels} scores and one of four distances`,
        sure: true,
        labels,
        pixels: { color: 'bgr', resize: 'letterbox', pad: 114, ...IMAGENET_BGR },
        fedLike: 'RTMDet',
        threshold: 0.3,
        iou: 0.65,
      };
    }
    return undefined;
  },
};

/** One grid [1, 5 + labels, rows, columns]. */
export const fastestdet: Family = {
  name: 'FastestDet',
  recognise({ outputs, width, height }) {
    const [output, ...others] = outputs;
    const [channels = 0, rows, columns] = sizesOf(output);
    if (!output || others.length > 0 || channels < 6 || rows !== height / 16 || columns !== width / 16)
      return undefined;
    return {
      task: 'detect',
      head: { kind: 'fastestdet' },
      why: `${shapeText(output)} in "${output.name}": an objectness, a box and ${channels - 5} scores for each cell of stride 16`,
      sure: false,
      labels: channels - 5,
      pixels: { color: 'bgr', resize: 'stretch', ...UNIT },
      fedLike: 'FastestDet',
      threshold: 0.5,
      iou: 0.45,
    };
  },
};

/** Boxes and scores of all cells, queries or priors. */
export const scoredBoxes: Family = {
  name: 'boxes and scores (YOLO-NAS, PP-YOLOE, PicoDet, YOLOv4, SSD, DETR)',
  recognise(sight) {
    const { outputs } = sight;
    if (outputs.length !== 2) return undefined;
    for (const boxes of outputs) {
      const scores = outputs.find((o) => o !== boxes);
      const [rows, ...rest] = sizesOf(boxes);
      const four = rest.join() === '4' || rest.join() === '1,4';
      const [a, b, ...more] = sizesOf(scores);
      if (!scores || !four || rows === undefined || more.length > 0) continue;
      const labels = a === rows ? b : b === rows ? a : undefined;
      if (labels !== undefined) return asBoxes(sight, boxes, scores, { rows, labels, fractions: rest.length === 2 });
    }
    return undefined;
  },
};

interface Counts {
  readonly rows: number;
  readonly labels: number;
  readonly fractions: boolean;
}

/** Which of the authors it is shows in how many boxes there are. */
function asBoxes(sight: Sight, boxes: TensorInfo, scores: TensorInfo, { rows, labels, fractions }: Counts): Recognised {
  const why = `${shapeText(boxes)} in "${boxes.name}" and ${shapeText(scores)} in "${scores.name}"`;
  const named = { boxes: boxes.name, scores: scores.name };
  const common = { task: 'detect', labels, threshold: 0.3, iou: 0.5 } as const;
  const style = { kind: 'scored-boxes', ...named };
  const cells = stridesOf(rows, sight) ?? stridesOf(rows, sight, 1, true);
  if (fractions)
    return {
      ...common,
      head: { ...style, unit: 'fractions' },
      why: `${why}, as YOLOv4 has them`,
      sure: true,
      pixels: { color: 'rgb', resize: 'stretch', ...UNIT },
      fedLike: 'YOLOv4',
    };
  if (cells?.length === 4 || sight.facts.producer.toLowerCase().includes('paddle'))
    return {
      ...common,
      head: style,
      why: `${why}, as PicoDet and PP-YOLOE have them`,
      sure: false,
      pixels: { color: 'rgb', resize: 'stretch', ...IMAGENET },
      fedLike: 'PicoDet',
    };
  if (cells)
    return {
      ...common,
      head: style,
      why: `${why}: a box for each cell, as YOLO-NAS has them`,
      sure: false,
      pixels: { color: 'rgb', resize: 'letterbox-center', pad: 114, ...UNIT },
      fedLike: 'YOLO-NAS',
    };
  if (rows <= 1000)
    return {
      ...common,
      head: { kind: 'detr', logits: scores.name, boxes: boxes.name },
      why: `${why}: ${rows} queries, as transformers have them`,
      sure: false,
      pixels: { color: 'rgb', resize: 'stretch', ...IMAGENET },
      fedLike: 'DETR',
    };
  const background = labels === 21 || labels === 81 || labels === 91;
  const soft = !sight.facts.operators.has('Softmax') && !sight.facts.operators.has('Sigmoid');
  return {
    ...common,
    labels: background ? labels - 1 : labels,
    head: {
      ...style,
      unit: 'fractions',
      ...(background ? { background } : {}),
      ...(soft ? { activation: 'softmax' } : {}),
    },
    why: `${why}, as SSD has them; are the boxes in pixels, say head.unit: pixels`,
    sure: false,
    pixels: { color: 'rgb', resize: 'stretch', ...IMAGENET },
    fedLike: 'SSD',
  };
}
