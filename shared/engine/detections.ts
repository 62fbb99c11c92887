/** From the outputs of a detector to objects in the frame. */
import type { Detection } from '../contract/messages/preview.ts';
import type { Detail, DetectHead } from './heads/head.ts';
import { suppress } from './heads/nms.ts';
import type { OutputTensor } from './infer/session.ts';
import type { Outcome } from './outcome.ts';
import { type Fit, toFrameBox, toFramePoint } from './preprocess/fit.ts';

export interface Detecting {
  readonly labels: readonly string[];
  readonly threshold: number;
  readonly iou: number;
  readonly fit: Fit;
  /** Score from which on objects get their details; undefined: all do. */
  readonly detailed: number | undefined;
}

/** @throws CodedError `model-failed` */
export function detectionsOf(
  head: DetectHead,
  outputs: readonly OutputTensor[],
  { labels, threshold, iou, fit, detailed = 0 }: Detecting,
): Outcome {
  const found = head.decode(outputs, threshold);
  const kept = (head.suppress ?? true) ? suppress(found, iou) : found.toSorted((a, b) => b.score - a.score);
  const detections = kept.map(
    (c): Detection => ({
      label: labels[c.label] ?? String(c.label),
      score: c.score,
      box: toFrameBox(fit, c.x1, c.y1, c.x2, c.y2),
      ...(head.detail && c.score >= detailed ? inFrame(head.detail(outputs, c), fit) : {}),
    }),
  );
  return { task: 'detect', detections };
}

/** Details in fractions of the frame. */
function inFrame({ keypoints, mask }: Detail, fit: Fit): Pick<Detection, 'keypoints' | 'mask'> {
  return {
    ...(keypoints
      ? {
          keypoints: keypoints.map((point) => {
            const [x, y] = toFramePoint(fit, point.x, point.y);
            return { ...point, x, y, ...(point.score === undefined ? {} : { score: rounded(point.score) }) };
          }),
        }
      : {}),
    ...(mask ? { mask: mask.map((ring) => ring.map(([x, y]) => toFramePoint(fit, x, y))) } : {}),
  };
}

function rounded(score: number): number {
  return Math.round(score * 1e4) / 1e4;
}
