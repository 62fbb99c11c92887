import type { Rule } from '../../../shared/contract/config/rules.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box, Point } from '../../../shared/contract/names.ts';

type Selection = Pick<Extract<Rule, { kind: 'threshold' }>, 'labels' | 'minScore'>;

/** The test that the kinds of rules share: label and score. */
export function selector({ labels, minScore = 0 }: Selection): (object: Detection) => boolean {
  const wanted = labels && new Set(labels);
  return ({ label, score }) => score >= minScore && (wanted === undefined || wanted.has(label));
}

/** Where an object stands: the middle of its lower side. */
export function footOf([x, y, width, height]: Box): Point {
  return [x + width / 2, y + height];
}
