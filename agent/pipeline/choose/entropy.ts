/**
 * Answers that say little: classes among which the model is undecided, and objects that may as well be none. Entropy is the measure of
 * it (Settles, "Active Learning Literature Survey", University of Wisconsin-Madison, TR 1648, 2009, section 3.1).
 */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import type { Selector } from '../stage.ts';
import { createOnce } from './once.ts';

export function createEntropySelector({ atLeast, againS }: Extract<Config, { kind: 'entropy' }>): Selector {
  const once = createOnce(againS * 1000);
  const worthOf = (entropy: number) => (entropy >= atLeast ? entropy : undefined);
  return {
    worth({ outcome, seen, ptsMs }) {
      if (outcome.task === 'classify') return worthOf(ofClasses(outcome));
      const unsure = seen.filter(({ score }) => ofScore(score) >= atLeast);
      return once(unsure, ptsMs, ({ score }) => ofScore(score));
    },
  };
}

/** Of an object that is there with this probability, in bits: 0 to 1, 1 at a score of a half. */
export function ofScore(score: number): number {
  return [score, 1 - score].reduce((sum, p) => sum + (p > 0 ? -p * Math.log2(p) : 0), 0);
}

/** Of the classes' scores, made to add up to 1: 0 (one class) to 1 (all alike). */
export function ofClasses({ classes }: Extract<Outcome, { task: 'classify' }>): number {
  const scores = classes.map(({ score }) => Math.max(0, score));
  const total = scores.reduce((sum, score) => sum + score, 0);
  if (total <= 0 || scores.length < 2) return 0;
  const bits = scores.reduce((sum, score) => sum + (score > 0 ? -(score / total) * Math.log2(score / total) : 0), 0);
  return Math.min(1, bits / Math.log2(scores.length));
}
