/** `threshold`: at least so many objects at once; `start` when it becomes true, `end` when it stops. */

import type { ThresholdRule } from '../../../shared/contract/config/rules.ts';
import { detailsOf } from '../../../shared/contract/messages/detail.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { RuleStage } from '../stage.ts';
import { createCondition } from './hysteresis.ts';
import { selector } from './objects.ts';

export function createThresholdRule(rule: ThresholdRule): RuleStage {
  const selects = selector(rule);
  const condition = createCondition(rule);
  let last: Detection | undefined;
  let many = 0;
  return {
    evaluate({ objects, ptsMs }) {
      const counted = objects.filter(selects);
      // They come by falling score: the first is the best.
      const best = counted[0];
      last = best ?? last;
      many = counted.length;
      const action = condition.update(counted.length >= rule.atLeast, ptsMs);
      if (!action || !last) return [];
      const { label, score } = last;
      const seen = { label, score, count: counted.length, snapshot: rule.snapshot && best !== undefined };
      return [
        {
          rule: rule.name,
          ruleKind: rule.kind,
          action,
          ...seen,
          ...(best ? { box: best.box, ...detailsOf(best) } : {}),
        },
      ];
    },
    // One more or one less is a matter of a single frame.
    quietMs: (_, horizonMs) => (many === rule.atLeast || many === rule.atLeast - 1 ? 0 : horizonMs),
  };
}
