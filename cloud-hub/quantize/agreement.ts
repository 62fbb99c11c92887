/** How far a quantized model says the same as the float model. Pure. */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import { iou } from '../../shared/kit/iou.ts';

export interface Agreement {
  readonly task: Outcome['task'];
  readonly samples: number;
  /** What is compared with what was asked: the least of recall and precision, top-1, same verdicts, or mean cosine. 0 to 1. */
  readonly agreement: number;
  /** detect: parts of the float model's boxes that were found, and of the boxes that are the float model's, at IoU 0.5 and with the same label. */
  readonly recall?: number;
  readonly precision?: number;
  /** Boxes of the float model. */
  readonly boxes?: number;
  /** classify: part of the samples with the same best class. */
  readonly top1?: number;
  /** Mean difference of scores of the same thing, and of the greatest one; an anomaly's as a part of its threshold. */
  readonly scoreDrift: number;
  readonly worstDrift: number;
}

/** Box overlap from which two boxes are the same. */
const SAME = 0.5;

/** @param pairs what the float model says of a sample, and what the quantized one says; all of one task */
export function agreementOf(pairs: readonly (readonly [Outcome, Outcome])[]): Agreement {
  const task = pairs[0]?.[0].task ?? 'detect';
  const base = { task, samples: pairs.length };
  const drifts: number[] = [];
  const drift = () => ({
    scoreDrift: drifts.length > 0 ? drifts.reduce((a, b) => a + b, 0) / drifts.length : 0,
    worstDrift: drifts.reduce((a, b) => Math.max(a, b), 0),
  });
  let same = 0;
  if (task === 'detect') {
    let wanted = 0;
    let given = 0;
    for (const [a, b] of pairs) {
      if (a.task !== 'detect' || b.task !== 'detect') continue;
      wanted += a.detections.length;
      given += b.detections.length;
      for (const [x, y] of matched(a.detections, b.detections)) {
        same++;
        drifts.push(Math.abs(x.score - y.score));
      }
    }
    // Nothing to find and nothing found is agreement; something out of nothing is none.
    const recall = wanted > 0 ? same / wanted : 1;
    const precision = given > 0 ? same / given : wanted > 0 ? 0 : 1;
    return { ...base, agreement: Math.min(recall, precision), recall, precision, boxes: wanted, ...drift() };
  }
  for (const [a, b] of pairs) {
    if (a.task === 'classify' && b.task === 'classify') {
      const [best] = a.classes;
      if (best?.label === b.classes[0]?.label) same++;
      if (best) drifts.push(Math.abs(best.score - (b.classes.find((c) => c.label === best.label)?.score ?? 0)));
    } else if (a.task === 'anomaly' && b.task === 'anomaly') {
      if (a.anomalous === b.anomalous) same++;
      drifts.push(Math.abs(a.score - b.score) / a.threshold);
    } else if (a.task === 'embed' && b.task === 'embed') {
      const cosine = cosineOf(a.vector, b.vector);
      same += cosine;
      drifts.push(1 - cosine);
    }
  }
  const agreement = pairs.length > 0 ? same / pairs.length : 1;
  return { ...base, agreement, ...(task === 'classify' ? { top1: agreement } : {}), ...drift() };
}

/** One number for how much two models differ, for comparing candidates: 0 for none. Changes little with little. */
export function distanceOf({ agreement, scoreDrift }: Agreement): number {
  return 1 - agreement + scoreDrift;
}

/** Pairs of boxes that are the same thing, the greatest overlap first; no box twice. */
function matched(a: readonly Detection[], b: readonly Detection[]): [Detection, Detection][] {
  const candidates = a
    .flatMap((x) => b.map((y) => ({ x, y, iou: x.label === y.label ? iou(x.box, y.box) : 0 })))
    .filter((c) => c.iou >= SAME)
    .toSorted((p, q) => q.iou - p.iou);
  const taken = new Set<Detection>();
  return candidates.flatMap(({ x, y }): [Detection, Detection][] => {
    if (taken.has(x) || taken.has(y)) return [];
    taken.add(x).add(y);
    return [[x, y]];
  });
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  a.forEach((v, i) => {
    const w = b[i] ?? 0;
    dot += v * w;
    aa += v * v;
    bb += w * w;
  });
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : aa === bb ? 1 : 0;
}
