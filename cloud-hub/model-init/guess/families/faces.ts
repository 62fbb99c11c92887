/** Detectors of faces. */
import { shapeText } from '../../../../shared/engine/package/check.ts';
import { BYTES, type Family, SIGNED, sizesOf } from './family.ts';

const FACE = { labels: 1, named: ['face'], task: 'detect', sure: true } as const;

export const yunet: Family = {
  name: 'YuNet (2023)',
  recognise({ outputs }) {
    const names = [8, 16, 32].flatMap((stride) => ['cls', 'obj', 'bbox'].map((part) => `${part}_${stride}`));
    if (!names.every((name) => outputs.some((o) => o.name === name))) return undefined;
    return {
      ...FACE,
      head: { kind: 'yunet' },
      why: `its outputs ${names.join(', ')}`,
      pixels: { color: 'bgr', resize: 'letterbox', pad: 0, ...BYTES },
      fedLike: 'the OpenCV Zoo',
      threshold: 0.6,
      iou: 0.3,
    };
  },
};

export const ultraface: Family = {
  name: 'UltraFace',
  recognise({ outputs }) {
    const [scores, boxes] = ['scores', 'boxes'].map((name) => outputs.find((o) => o.name === name));
    const [[priors, two], [rows, four]] = [sizesOf(scores), sizesOf(boxes)];
    if (!scores || !boxes || outputs.length !== 2 || two !== 2 || four !== 4 || priors !== rows) return undefined;
    return {
      ...FACE,
      head: { kind: 'ultraface' },
      why: `"scores" ${shapeText(scores)} (background and face) and "boxes" ${shapeText(boxes)}`,
      pixels: { color: 'rgb', resize: 'stretch', mean: [127, 127, 127], std: [128, 128, 128] },
      fedLike: 'UltraFace',
      threshold: 0.7,
      iou: 0.5,
    };
  },
};

export const blazeface: Family = {
  name: 'BlazeFace (MediaPipe)',
  recognise({ outputs }) {
    const rows = (columns: number) =>
      outputs.filter((o) => sizesOf(o)[1] === columns).reduce((sum, o) => sum + (sizesOf(o)[0] ?? 0), 0);
    if (rows(1) !== 896 || rows(16) !== 896) return undefined;
    return {
      ...FACE,
      head: { kind: 'blazeface' },
      why: '896 scores, and 896 boxes with six keypoints',
      pixels: { color: 'rgb', resize: 'letterbox-center', pad: 0, ...SIGNED },
      fedLike: 'MediaPipe',
      threshold: 0.5,
      iou: 0.3,
    };
  },
};
