import type { Rule } from '../../../shared/contract/config/rules.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box, Point } from '../../../shared/contract/names.ts';

/** The test that every kind of rule shares: label and score. */
export function selector(rule: Pick<Rule, 'labels' | 'minScore'>): (object: Detection) => boolean {
  const labels = rule.labels && new Set(rule.labels);
  const floor = rule.minScore ?? 0;
  return (object) => object.score >= floor && (labels === undefined || labels.has(object.label));
}

/** Where an object stands: the middle of its lower side. */
export function footOf([x, y, width, height]: Box): Point {
  return [x + width / 2, y + height];
}
