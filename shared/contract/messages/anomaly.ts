/** What records say of an anomaly beside its score. */
import { z } from 'zod';

export const anomalyLevels = ['notice', 'warning', 'alarm'] as const;
export type AnomalyLevel = (typeof anomalyLevels)[number];

/** From how many times the threshold on. */
const WARNING = 3;
const ALARM = 10;

/**
 * How grave an anomaly is, by the greatest score that it has reached. An online detector and a calibrated model score by rarity, so that a
 * warning comes three times as rarely as a notice, and an alarm ten times.
 */
export function levelOf(peak: number, threshold: number): AnomalyLevel {
  if (!(threshold > 0)) return 'notice';
  const times = peak / threshold;
  return times >= ALARM ? 'alarm' : times >= WARNING ? 'warning' : 'notice';
}

/** Most channels of which a record says more than the value. */
export const MAX_REPORTED_CHANNELS = 64;

const byChannel = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string().max(128), value)
    .refine((object) => Object.keys(object).length <= MAX_REPORTED_CHANNELS, {
      error: `must have at most ${MAX_REPORTED_CHANNELS} keys`,
    })
    .meta({ maxProperties: MAX_REPORTED_CHANNELS });

/** A newer agent may know more levels. */
export const level = z.string().max(32).describe('notice, warning or alarm, by the greatest score so far');

export const contributions = byChannel(z.number().min(0).max(1)).describe(
  'how much each channel contributes, 0 to 1; they add up to 1',
);

export const expected = byChannel(z.tuple([z.number(), z.number()])).describe(
  'between which values each channel was expected, lowest first',
);
