/** From which score on an object counts: one threshold for all labels, and others for some of them. */
import { z } from 'zod';

/** Labels that may have a threshold of their own. */
export const MOST_THRESHOLDS = 100;

/** By label, 0 to 1. */
export const labelThresholds = z
  .record(z.string().min(1).max(128), z.number().min(0).max(1))
  .refine((labels) => Object.keys(labels).length <= MOST_THRESHOLDS, `must name at most ${MOST_THRESHOLDS} labels`);
export type LabelThresholds = z.infer<typeof labelThresholds>;

export interface Thresholds {
  /** Of all labels that `thresholds` does not name. */
  readonly threshold: number;
  readonly thresholds?: LabelThresholds | undefined;
}

export function thresholdFor({ threshold, thresholds }: Thresholds, label: string): number {
  return (thresholds && Object.hasOwn(thresholds, label) ? thresholds[label] : undefined) ?? threshold;
}

/** Does it count? */
export function counts(thresholds: Thresholds, { label, score }: { readonly label: string; readonly score: number }) {
  return score >= thresholdFor(thresholds, label);
}

/** The lowest of all labels: what scores less counts nowhere. */
export function lowestOf({ threshold, thresholds = {} }: Thresholds): number {
  return Math.min(threshold, ...Object.values(thresholds));
}
