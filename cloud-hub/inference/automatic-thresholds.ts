/** Proposals ⇒ thresholds that the hub sets by itself, within the bounds that an operator has set. Pure. */
import type { LabelThresholds } from '../../shared/contract/thresholds.ts';
import type { Automatic, ThresholdAdvice } from '../contract/threshold.ts';

/**
 * Invariants: each threshold that changes ends within `min` and `max`; it moves by at most `maxStep`, unless it lay outside of
 * the bounds; a label without a proposal stays as it is.
 * @param labels in force
 * @returns all that shall be in force; the same object when nothing changes
 */
export function tunedWithin(
  items: readonly ThresholdAdvice[],
  labels: LabelThresholds,
  { min, max, maxStep }: Pick<Automatic, 'min' | 'max' | 'maxStep'>,
): LabelThresholds {
  const changed = items.flatMap(({ label, today, proposed }): [string, number][] => {
    if (!today || !proposed) return [];
    const step = clamp(proposed.threshold - today.threshold, -maxStep, maxStep);
    const next = clamp(hundredths(today.threshold + step), min, max);
    return Math.abs(next - today.threshold) < 0.005 ? [] : [[label, next]];
  });
  return changed.length === 0 ? labels : { ...labels, ...Object.fromEntries(changed) };
}

const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value));

const hundredths = (value: number) => Math.round(value * 100) / 100;
