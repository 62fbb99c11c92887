/** What the second opinion of an event says, in words. Pure. */
import type { Opinion as Outcome } from '../../../shared/contract/messages/verdict.ts';
import type { EventOpinion } from '../../contract/opinion.ts';
import { percent } from '../ui/format.ts';

export interface OutcomeWords {
  readonly title: string;
  readonly tone: 'good' | 'warn' | 'bad';
  readonly meaning: string;
}

export const outcomeWords: Readonly<Record<Outcome, OutcomeWords>> = {
  confirmed: { title: 'confirmed', tone: 'good', meaning: 'the bigger model of the hub sees the same' },
  changed: { title: 'changed', tone: 'warn', meaning: 'the bigger model of the hub sees something else there' },
  withdrawn: { title: 'withdrawn', tone: 'bad', meaning: 'the bigger model of the hub sees nothing of the kind' },
};

/** "confirmed: person 91%"; of a withdrawn one there is no label. */
export function opinionText({ outcome, label, score }: Pick<EventOpinion, 'outcome' | 'label' | 'score'>): string {
  const { title } = outcomeWords[outcome];
  if (label === undefined) return title;
  return `${title}: ${label}${score === undefined ? '' : ` ${percent(score)}`}`;
}
