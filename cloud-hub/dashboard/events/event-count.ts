/** What the number of an event means, by the kind of its rule: pure. */
import { whole } from '../ui/format.ts';

/** 3 → "3 there"; of a line, which goes on counting, "3 so far". */
export function countText(ruleKind: string, count: number): string {
  return ruleKind === 'line' ? `${whole(count)} so far` : `${whole(count)} there`;
}

export function countMeaning(ruleKind: string): string {
  return ruleKind === 'line'
    ? 'So many have crossed the line in this direction since the agent started.'
    : 'So many objects the rule counted at this moment.';
}
