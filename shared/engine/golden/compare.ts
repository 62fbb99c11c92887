/** Does a model say of a golden sample what its package promises? Pure. */
import { z } from 'zod';
import { detection } from '../../contract/messages/preview.ts';
import type { Golden, Variant } from '../../contract/model-manifest.ts';
import type { Outcome } from '../outcome.ts';

/** What `output` of a golden sample holds, by the task of the model. */
export const goldenOutput = z.union([
  z.object({ detections: z.array(detection.pick({ label: true, score: true, box: true })).max(10_000) }),
  z.object({
    classes: z
      .array(z.object({ label: z.string(), score: z.number() }))
      .min(1)
      .max(65_536),
  }),
  z.object({ score: z.number().min(0), anomalous: z.boolean().optional() }),
]);
export type GoldenOutput = z.infer<typeof goldenOutput>;

export interface Tolerance {
  /** Least overlap of a box with its golden one. */
  readonly boxIou: number;
  /** Greatest difference of scores; of an anomaly's, as a part of its threshold. */
  readonly score: number;
}

/** The package states the tolerance of its reference; rounding to fewer bits moves scores and edges further. */
export function toleranceOf({ boxIou, score }: Golden, precision: Variant['precision']): Tolerance {
  if (precision === 'fp32') return { boxIou, score };
  return { boxIou: Math.max(0.5, boxIou - 0.25), score: Math.min(0.5, score * 4) };
}

/**
 * @param threshold of the detections: what lies so near to it that its score may cross it may be missing or be one more
 * @returns what differs; nothing when all agrees
 */
export function differences(
  outcome: Outcome,
  expected: GoldenOutput,
  { boxIou, score }: Tolerance,
  threshold: number,
): string[] {
  if (outcome.task === 'detect' && 'detections' in expected)
    return boxDifferences(outcome.detections, expected.detections, { boxIou, score }, threshold);
  if (outcome.task === 'classify' && 'classes' in expected) {
    return expected.classes.flatMap(({ label, score: wanted }) => {
      const found = outcome.classes.find((c) => c.label === label)?.score ?? 0;
      const below = found === 0 && wanted <= threshold + score;
      return Math.abs(found - wanted) <= score || below
        ? []
        : [`"${label}" has the score ${round(found)}, not ${round(wanted)}`];
    });
  }
  if (outcome.task === 'anomaly' && 'score' in expected) {
    const off = Math.abs(outcome.score - expected.score) / outcome.threshold;
    return off <= score ? [] : [`the score is ${round(outcome.score)}, not ${round(expected.score)}`];
  }
  return [`the model answers with "${outcome.task}", the sample holds ${Object.keys(expected).join(', ')}`];
}

type Box = { readonly label: string; readonly score: number; readonly box: readonly number[] };

function boxDifferences(
  found: readonly Box[],
  expected: readonly Box[],
  { boxIou, score }: Tolerance,
  threshold: number,
): string[] {
  const left = new Set(found);
  const differences: string[] = [];
  for (const wanted of expected) {
    const best = [...left]
      .filter((f) => f.label === wanted.label)
      .map((f) => ({ f, iou: overlapOf(f.box, wanted.box) }))
      .toSorted((a, b) => b.iou - a.iou)[0];
    const name = `"${wanted.label}" at [${wanted.box.map(round).join(', ')}]`;
    if (!best || best.iou < boxIou) {
      if (wanted.score > threshold + score)
        differences.push(`${name} is missing; the nearest overlaps by ${round(best?.iou ?? 0)}`);
      continue;
    }
    left.delete(best.f);
    if (Math.abs(best.f.score - wanted.score) > score)
      differences.push(`${name} has the score ${round(best.f.score)}, not ${round(wanted.score)}`);
  }
  for (const extra of left) {
    if (extra.score > threshold + score)
      differences.push(
        `"${extra.label}" at [${extra.box.map(round).join(', ')}] with the score ${round(extra.score)} is one too many`,
      );
  }
  return differences;
}

function overlapOf(a: readonly number[], b: readonly number[]): number {
  const [ax = 0, ay = 0, aw = 0, ah = 0] = a;
  const [bx = 0, by = 0, bw = 0, bh = 0] = b;
  const width = Math.max(0, Math.min(ax + aw, bx + bw) - Math.max(ax, bx));
  const height = Math.max(0, Math.min(ay + ah, by + bh) - Math.max(ay, by));
  const both = width * height;
  return both > 0 ? both / (aw * ah + bw * bh - both) : 0;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
