/** Do two models say the same of one input? Pure; the meaning of the figures is fixed in the contract (`shadowResult`). */
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import { iou } from '../../../shared/kit/iou.ts';

export interface Agreement {
  /** Boxes, classes or windows of both, added up. */
  readonly seen: number;
  /** How many of them the other says too. */
  readonly shared: number;
  /** The candidate's score less the incumbent's, for each match. */
  readonly shifts: readonly number[];
}

/** Of the same object two boxes overlap by this part of what they cover together. */
const SAME_IOU = 0.5;
/** Cosine of two embeddings that mean the same. */
const SAME_DIRECTION = 0.9;

export function agreementOf(incumbent: Outcome, candidate: Outcome): Agreement {
  if (incumbent.task === 'detect' && candidate.task === 'detect')
    return ofBoxes(incumbent.detections, candidate.detections);
  if (incumbent.task === 'classify' && candidate.task === 'classify') {
    const [a, b] = [incumbent.classes[0], candidate.classes[0]];
    return both(a?.label === b?.label, a && b ? b.score - a.score : 0);
  }
  if (incumbent.task === 'anomaly' && candidate.task === 'anomaly')
    return both(incumbent.anomalous === candidate.anomalous, scoreOf(candidate) - scoreOf(incumbent));
  if (incumbent.task === 'embed' && candidate.task === 'embed')
    return both(cosine(incumbent.vector, candidate.vector) >= SAME_DIRECTION, 0);
  return { seen: 2, shared: 0, shifts: [] };
}

/** The scores of an outcome, 0 to 1: of detections, of the best class, of an anomaly over twice its threshold. */
export function scoresOf(outcome: Outcome): number[] {
  switch (outcome.task) {
    case 'detect':
      return outcome.detections.map((d) => d.score);
    case 'classify':
      return outcome.classes.slice(0, 1).map((c) => c.score);
    case 'anomaly':
      return [scoreOf(outcome)];
    case 'embed':
      return [];
  }
}

function scoreOf({ score, threshold }: Extract<Outcome, { task: 'anomaly' }>): number {
  return Math.min(1, Math.max(0, score / (2 * threshold)));
}

function both(same: boolean, shift: number): Agreement {
  return { seen: 2, shared: same ? 2 : 0, shifts: same ? [Math.min(1, Math.max(-1, shift))] : [] };
}

/** One to one, the greatest overlap first. */
function ofBoxes(incumbent: readonly Detection[], candidate: readonly Detection[]): Agreement {
  const pairs = incumbent
    .flatMap((a) => candidate.map((b) => ({ a, b, iou: a.label === b.label ? iou(a.box, b.box) : 0 })))
    .filter(({ iou }) => iou >= SAME_IOU)
    .toSorted((x, y) => y.iou - x.iou);
  const taken = new Set<Detection>();
  const shifts: number[] = [];
  for (const { a, b } of pairs) {
    if (taken.has(a) || taken.has(b)) continue;
    taken.add(a);
    taken.add(b);
    shifts.push(b.score - a.score);
  }
  return { seen: incumbent.length + candidate.length, shared: 2 * shifts.length, shifts };
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    product += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return ofA > 0 && ofB > 0 ? product / Math.sqrt(ofA * ofB) : 0;
}
