import { createSchedule, type Schedule } from '../../../shared/contract/config/schedule.ts';
import type { RuleStage } from '../stage.ts';

/**
 * A rule that is evaluated only in its hours. Each time they begin it begins afresh: whoever is there by then has just come.
 * What is open when they end gets no end event.
 */
export function scheduled(schedule: Schedule, create: () => RuleStage): RuleStage {
  const due = createSchedule(schedule);
  let stage: RuleStage | undefined;
  return {
    evaluate(observation) {
      if (!due(observation.wall)) {
        stage = undefined;
        return [];
      }
      stage ??= create();
      return stage.evaluate(observation);
    },
    quietMs: (moving, horizonMs) => stage?.quietMs(moving, horizonMs) ?? horizonMs,
  };
}
