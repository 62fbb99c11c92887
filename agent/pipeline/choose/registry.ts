/** Every kind of selector that looks at frames; `event` looks at what the rules found, and is asked by `choose.ts`. */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Selector } from '../stage.ts';
import { createMarginSelector } from './margin.ts';
import { createRandomSelector } from './random.ts';
import { createScoreSelector } from './score.ts';

/** @param random 0 to 1 */
export function createFrameSelector(config: Exclude<Config, { kind: 'event' }>, random: () => number): Selector {
  switch (config.kind) {
    case 'score':
      return createScoreSelector(config);
    case 'margin':
      return createMarginSelector(config);
    case 'random':
      return createRandomSelector(config, random);
  }
}
