/** What a reading means, in words and as a place on a scale: pure. */
import type { Event } from '../../contract/event.ts';
import type { Reading } from '../../contract/reading.ts';
import { percent, short } from '../ui/format.ts';

export interface Verdict {
  readonly state: 'anomalous' | 'normal' | 'heard' | 'quiet' | 'unknown';
  readonly text: string;
}

/** A model of classes hears its best class or nothing; any other finds its input normal or not. */
export function verdictOf({ anomalous, label, level }: Pick<Reading, 'anomalous' | 'label' | 'level'>): Verdict {
  if (anomalous === undefined) return { state: 'unknown', text: 'No verdict' };
  if (label !== undefined) return anomalous ? { state: 'heard', text: label } : { state: 'quiet', text: `No ${label}` };
  if (!anomalous) return { state: 'normal', text: 'Normal' };
  return { state: 'anomalous', text: level === undefined ? 'Anomalous' : `Anomalous: ${level}` };
}

/** Channels that are named. */
const TOLD = 3;

/** What contributed most, as `temperature 78 %, load 20 %`; what is less than one in twenty is left out. */
export function contributionsOf(contributions: Readonly<Record<string, number>>): string {
  return Object.entries(contributions)
    .filter(([, part]) => part >= 0.05)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, TOLD)
    .map(([channel, part]) => `${channel} ${percent(part)}`)
    .join(', ');
}

/** As `75.2 to 78.9`. */
export function bandOf([low, high]: readonly [number, number]): string {
  return `${short(low)} to ${short(high)}`;
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

/** How strong an event is: of an anomaly its level and greatest score, or its value beside its threshold, of anything else its score. */
export function strengthOf({
  score,
  value,
  threshold,
  level,
  peak,
}: Pick<Event, 'score' | 'value' | 'threshold' | 'level' | 'peak'>): string {
  if (level !== undefined && peak !== undefined) return `${level}, ${short(peak)}`;
  if (value === undefined) return percent(score);
  if (threshold === undefined) return short(value);
  return `${short(value)} ${value < threshold ? '<' : '≥'} ${short(threshold)}`;
}
