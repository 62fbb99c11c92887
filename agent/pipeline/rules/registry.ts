import type { Rule } from '../../../shared/contract/config/rules.ts';
import type { RuleStage } from '../stage.ts';
import { createAbsenceRule } from './absence.ts';
import { createAnomalyRule } from './anomaly.ts';
import { createLineRule } from './line.ts';
import { scheduled } from './scheduled.ts';
import { createThresholdRule } from './threshold.ts';
import { createZoneRule } from './zone.ts';

/** Every kind of rule; a missing one does not compile. */
const rules: { [K in Rule['kind']]: (rule: Extract<Rule, { kind: K }>) => RuleStage } = {
  threshold: createThresholdRule,
  zone: createZoneRule,
  line: createLineRule,
  absence: createAbsenceRule,
  anomaly: createAnomalyRule,
};

export function createRule<K extends Rule['kind']>(rule: Extract<Rule, { kind: K }>): RuleStage {
  const create: (rule: Extract<Rule, { kind: K }>) => RuleStage = rules[rule.kind as K];
  return rule.schedule ? scheduled(rule.schedule, () => create(rule)) : create(rule);
}
