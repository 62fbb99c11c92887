/** Frames by chance, whatever they show: with them quality is estimated without bias, so that they come first. */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Selector } from '../stage.ts';

/** @param random 0 to 1 */
export function createRandomSelector({ share }: Extract<Config, { kind: 'random' }>, random: () => number): Selector {
  return { worth: () => (random() < share ? 1 : undefined) };
}
