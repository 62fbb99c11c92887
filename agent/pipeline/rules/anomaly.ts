/**
 * `anomaly`: the model finds its input unusual; `start` when it begins, `end` when all is as usual again. Both say the greatest score by
 * then, from the first unusual sample on, also from before the start was certain.
 */
import type { AnomalyRule } from '../../../shared/contract/config/rules.ts';
import type { RuleStage } from '../stage.ts';
import { createEpisode } from './episode.ts';
import { createCondition } from './hysteresis.ts';

/** Outcomes of other tasks are passed over. */
export function createAnomalyRule(rule: AnomalyRule): RuleStage {
  const condition = createCondition(rule);
  const episode = createEpisode();
  const enough = rule.of ?? rule.frames;
  let started = false;
  let usual = 0;
  let now = 0;
  let lastStart = Number.NEGATIVE_INFINITY;
  return {
    evaluate({ outcome, ptsMs, values }) {
      if (outcome.task !== 'anomaly') return [];
      if (outcome.anomalous) episode.add({ ptsMs, outcome, values });
      usual = outcome.anomalous ? 0 : usual + 1;
      now = ptsMs;
      const action = condition.update(outcome.anomalous, ptsMs);
      if (action) started = action === 'start';
      if (action === 'start') lastStart = ptsMs;
      const { peak, since = ptsMs } = episode;
      // Single samples that never became an anomaly are not part of a later one.
      if (action === 'end' || (!started && usual >= enough)) episode.end();
      if (!action) return [];
      const { name, kind, snapshot } = rule;
      const { score: value, threshold } = outcome;
      const seen = { label: 'anomaly', score: likeness(value, threshold, outcome.anomalous), value, threshold };
      const course = { ...(peak ? { peak } : {}), ...(action === 'end' ? { durationMs: ptsMs - since } : {}) };
      return [{ rule: name, ruleKind: kind, action, ...seen, ...course, snapshot: snapshot && action === 'start' }];
    },
    isBusy: () => started || usual < enough || now - lastStart < rule.minGapS * 1000,
    quietMs: () => 0,
  };
}

/** Scores of events are 0 to 1, an anomaly's has no bounds: 0.5 at the threshold, towards 1 above it, monotone. */
function likeness(value: number, threshold: number, anomalous: boolean): number {
  // Not value / (value + threshold): the sum of two large numbers is infinite.
  return threshold > 0 ? 1 / (1 + threshold / Math.max(0, value)) : Number(anomalous);
}
