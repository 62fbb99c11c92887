/** `threshold`: at least so many objects at once; `start` when it becomes true, `end` when it stops. */
import type { ThresholdRule } from '../../../shared/contract/config/rules.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { RuleStage } from '../stage.ts';
import { selector } from './select.ts';

export function createThresholdRule(rule: ThresholdRule): RuleStage {
  const selects = selector(rule);
  let active = false;
  /** Frames in a row that say the opposite of `active`. */
  let against = 0;
  let last: Detection | undefined;
  return {
    evaluate({ objects }) {
      const counted = objects.filter(selects);
      // Objects come by falling score: the first is the best.
      const best = counted[0];
      last = best ?? last;
      against = counted.length >= rule.atLeast === active ? 0 : against + 1;
      if (against < rule.frames || !last) return [];
      active = !active;
      against = 0;
      const action = active ? 'start' : 'end';
      const shown = best ? { box: best.box, score: best.score } : { score: last.score };
      const seen = { label: last.label, count: counted.length, snapshot: rule.snapshot && best !== undefined };
      return [{ rule: rule.name, ruleKind: 'threshold', action, ...seen, ...shown }];
    },
  };
}
