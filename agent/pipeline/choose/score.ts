/** Objects whose score is in a band: the middle of it is worth most. */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Selector } from '../stage.ts';
import { createOnce } from './once.ts';

export function createScoreSelector({ from, to, againS }: Extract<Config, { kind: 'score' }>): Selector {
  const once = createOnce(againS * 1000);
  const worthOf = (score: number) => 1 - Math.abs(score - (from + to) / 2) / ((to - from) / 2);
  return {
    worth: ({ seen, ptsMs }) =>
      once(
        seen.filter(({ score }) => score >= from && score <= to),
        ptsMs,
        ({ score }) => worthOf(score),
      ),
  };
}
