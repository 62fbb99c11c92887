/**
 * Answers that a little more or less would have turned around: objects just above or below the threshold, and the two best classes
 * close together ("margin" of active learning: Scheffer, Decomain, Wrobel, "Active Hidden Markov Models", IDA 2001).
 */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import { thresholdFor } from '../../../shared/contract/thresholds.ts';
import type { Chance, Selector } from '../stage.ts';
import { createOnce } from './once.ts';

export function createMarginSelector({ within, againS }: Extract<Config, { kind: 'margin' }>): Selector {
  const once = createOnce(againS * 1000);
  const worthOf = (distance: number) => (within === 0 ? 1 : 1 - distance / within);
  const ofClasses = ({ outcome }: Chance): number | undefined => {
    if (outcome.task !== 'classify') return undefined;
    const [first, second] = outcome.classes;
    const distance = (first?.score ?? 1) - (second?.score ?? 0);
    return distance <= within ? worthOf(distance) : undefined;
  };
  return {
    worth(chance) {
      const { seen, ptsMs } = chance;
      const distance = ({ label, score }: Detection) => Math.abs(score - thresholdFor(chance, label));
      const close = seen.filter((one) => distance(one) <= within);
      return ofClasses(chance) ?? once(close, ptsMs, (one) => worthOf(distance(one)));
    },
  };
}
