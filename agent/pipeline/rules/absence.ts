/** `absence`: none of these labels for so many seconds; `start` when the time is over, `end` when one is back. */

import type { AbsenceRule } from '../../../shared/contract/config/rules.ts';
import { detailsOf } from '../../../shared/contract/messages/detail.ts';
import type { RuleStage } from '../stage.ts';
import { createDebounce, createGap } from './hysteresis.ts';
import { selector } from './objects.ts';

/** Frames farther apart are a pause (source gone, outside the hours) in which nobody looked: the time begins again. */
const PAUSE_MS = 60_000;
/** The label of a rule for all labels that has not seen any yet. */
const ANYTHING = 'anything';
const MAX_LABEL = 128;

/** The label of a `start` is the one last seen, or those that are missed; its score is 0. */
export function createAbsenceRule(rule: AbsenceRule): RuleStage {
  const selects = selector(rule);
  const present = createDebounce(rule);
  const gap = createGap(rule.minGapS);
  const missed = rule.labels?.join('|').slice(0, MAX_LABEL) ?? ANYTHING;
  let lastLabel: string | undefined;
  let seenMs: number | undefined;
  let lookedMs = 0;
  let reported = false;
  return {
    evaluate({ objects, ptsMs }) {
      const counted = objects.filter(selects);
      const best = counted[0];
      lastLabel = best?.label ?? lastLabel;
      present.update(best !== undefined);
      if (seenMs === undefined || present.value || ptsMs - lookedMs > PAUSE_MS) seenMs = ptsMs;
      lookedMs = ptsMs;
      const common = { rule: rule.name, ruleKind: rule.kind, count: counted.length };
      // It becomes present only in a frame that shows one.
      if (reported && present.value && best) {
        reported = false;
        const { label, score, box } = best;
        return [{ ...common, action: 'end', label, score, box, ...detailsOf(best), snapshot: rule.snapshot }];
      }
      if (reported || present.value || ptsMs - seenMs < rule.afterS * 1000 || !gap('start', ptsMs)) return [];
      reported = true;
      return [{ ...common, action: 'start', label: lastLabel ?? missed, score: 0, snapshot: rule.snapshot }];
    },
    // Who comes or goes within the horizon is seen at its end; what counts here are seconds.
    quietMs: (_, horizonMs) => horizonMs,
  };
}
