/** What a reading means, in words and as a place on a scale: pure. */
import type { Event, Reading } from '../../api/schemas/api.ts';
import { percent, short } from './format.ts';

export interface Verdict {
  readonly state: 'anomalous' | 'normal' | 'heard' | 'quiet' | 'unknown';
  readonly text: string;
}

/** A model of classes hears its best class or nothing; any other finds its input normal or not. */
export function verdictOf({ anomalous, label }: Pick<Reading, 'anomalous' | 'label'>): Verdict {
  if (anomalous === undefined) return { state: 'unknown', text: 'No verdict' };
  if (label !== undefined) return anomalous ? { state: 'heard', text: label } : { state: 'quiet', text: `No ${label}` };
  return anomalous ? { state: 'anomalous', text: 'Anomalous' } : { state: 'normal', text: 'Normal' };
}

export interface Meter {
  /** Fraction of the scale, 0 to 1. */
  readonly at: number;
  readonly threshold: number;
}

/**
 * Where a score lies between nothing and the threshold, and beyond. A class's score has a scale of its own, 0 to 1; an
 * anomaly's is open above, so that it is bent: the threshold in the middle, twice the threshold at two thirds.
 */
export function meterOf({
  score,
  threshold,
  label,
}: Pick<Reading, 'score' | 'threshold' | 'label'>): Meter | undefined {
  if (score === undefined || threshold === undefined) return undefined;
  if (label !== undefined) return { at: within(score), threshold: within(threshold) };
  if (!(threshold > 0)) return undefined;
  const above = Math.max(0, score);
  return { at: Number.isFinite(above) ? above / (above + threshold) : 1, threshold: 0.5 };
}

const within = (fraction: number) => Math.min(1, Math.max(0, fraction));

/** How strong an event is: of an anomaly its value beside its threshold, of anything else its score. */
export function strengthOf({ score, value, threshold }: Pick<Event, 'score' | 'value' | 'threshold'>): string {
  if (value === undefined) return percent(score);
  if (threshold === undefined) return short(value);
  return `${short(value)} ${value < threshold ? '<' : '≥'} ${short(threshold)}`;
}
