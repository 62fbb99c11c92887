/** Drift: are the scores of a model distributed otherwise than they were at the same time of an earlier day? Pure. */

import type { AlertCondition } from '../../contract/alert-rule.ts';
import { populationStability, sum } from '../../rollout/drift.ts';
import type { DeviceFacts } from './facts.ts';
import type { Finding } from './finding.ts';
import { round } from './record.ts';

const HOUR_S = 3600;
const WEEK_S = 7 * 24 * HOUR_S;
/** Above it much has changed (rollout/drift.ts). */
const MUCH = 0.25;

/**
 * Fewer say nothing. Without any change the index of n and m scores over ten bins is 9·(1/n + 1/m) on average: 0.018 for twice a
 * thousand. Scores of one object in many frames resemble each other, so they scatter more than that.
 */
export const LEAST_SCORES = 1000;

/**
 * Finds one thing per stream of pictures that its latest report names. What cannot be judged (too few scores, or another model at
 * one of the times) stays as it is.
 */
export async function drift(
  { stream: wanted, above = MUCH, clear, withinS = HOUR_S, agoS = WEEK_S }: AlertCondition,
  { report, scores }: Pick<DeviceFacts, 'report' | 'scores'>,
  now: number,
  fires: (subject: string) => boolean,
): Promise<Finding[]> {
  const streams = (report()?.streams ?? []).filter(({ kind = 'picture' }) => kind === 'picture');
  const of = async (id: string): Promise<Finding[]> => {
    if (wanted !== undefined && wanted !== id) return [];
    const isFiring = fires(id);
    const at = (end: number) => scores(id, end - withinS * 1000, end);
    const [latest, before] = [await at(now), await at(now - agoS * 1000)];
    const [models, counts] = [new Set([...latest.models, ...before.models]), [sum(latest.bins), sum(before.bins)]];
    if (models.size > 1) return [{ subject: id, holds: isFiring, text: 'another model gave the scores before' }];
    if (Math.min(...counts) < LEAST_SCORES)
      return [{ subject: id, holds: isFiring, text: `${counts.join(' and ')} scores are too few to compare` }];
    const moved = populationStability(before.bins, latest.bins);
    const text = `the scores of its model moved by ${round(moved)} (population stability index)`;
    return [{ subject: id, holds: moved > (isFiring ? (clear ?? above) : above), text }];
  };
  const found: Finding[] = [];
  for (const { id } of streams) found.push(...(await of(id)));
  return found;
}
