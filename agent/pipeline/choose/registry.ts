/** Every kind of selector that looks at frames; `event` looks at what the rules found, and is asked by `choose.ts`. */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Selector } from '../stage.ts';
import { createEntropySelector } from './entropy.ts';
import { createFlickerSelector } from './flicker.ts';
import { createMarginSelector } from './margin.ts';
import type { SelectorMemory } from './memory.ts';
import { createNoveltySelector } from './novelty.ts';
import { createRandomSelector } from './random.ts';
import { createScoreSelector } from './score.ts';

/**
 * @param random 0 to 1
 * @param memory of the stream: only one of its selectors may have it
 */
export function createFrameSelector(
  config: Exclude<Config, { kind: 'event' }>,
  random: () => number,
  memory: SelectorMemory,
): Selector {
  switch (config.kind) {
    case 'score':
      return createScoreSelector(config);
    case 'margin':
      return createMarginSelector(config);
    case 'entropy':
      return createEntropySelector(config);
    case 'flicker':
      return createFlickerSelector(config);
    case 'novelty':
      return createNoveltySelector(config, memory);
    case 'random':
      return createRandomSelector(config, random);
  }
}
