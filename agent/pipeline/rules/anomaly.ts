/** `anomaly`: the model finds its input unusual; `start` when it begins, `end` when all is as usual again. */
import type { AnomalyRule } from '../../../shared/contract/config/rules.ts';
import type { RuleStage } from '../stage.ts';
import { createCondition } from './hysteresis.ts';

/** Outcomes of other tasks are passed over. */
export function createAnomalyRule(rule: AnomalyRule): RuleStage {
  const condition = createCondition(rule);
  return {
    evaluate({ outcome, ptsMs }) {
      if (outcome.task !== 'anomaly') return [];
      const action = condition.hear(outcome.anomalous, ptsMs);
      if (!action) return [];
      const { name, kind, snapshot } = rule;
      const { score: value, threshold } = outcome;
      const seen = { label: 'anomaly', score: likeness(value, threshold, outcome.anomalous), value, threshold };
      return [{ rule: name, ruleKind: kind, action, ...seen, snapshot: snapshot && action === 'start' }];
    },
    quietMs: () => 0,
  };
}

/** Scores of events are 0 to 1, an anomaly's has no bounds: 0.5 at the threshold, towards 1 above it, monotone. */
function likeness(value: number, threshold: number, anomalous: boolean): number {
  const score = Math.max(0, value) / (Math.max(0, value) + threshold);
  return threshold > 0 && Number.isFinite(score) ? score : Number(anomalous);
}
