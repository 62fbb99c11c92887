/** What an operator says of an event, in words. Pure. */
import type { Correction, CorrectionVerdict } from '../../contract/correction.ts';

export interface VerdictWords {
  /** In a filter, and on what was corrected. */
  readonly title: string;
  /** What pressing it says. */
  readonly meaning: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

export const verdictWords: Readonly<Record<CorrectionVerdict, VerdictWords>> = {
  right: { title: 'right', meaning: 'It is as the event says', tone: 'good' },
  wrong: { title: 'wrong', meaning: 'Nothing of the kind was there', tone: 'bad' },
  other: { title: 'other label', meaning: 'It was something else', tone: 'warn' },
};

/** "right", "wrong", "dog": what to read on an event. */
export function correctionText({ verdict, label }: Pick<Correction, 'verdict' | 'label'>): string {
  return label === undefined ? verdictWords[verdict].title : `is: ${label}`;
}
