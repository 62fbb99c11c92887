/** Puts the parts of erasing together, over the data folder. */
import { createErasing, type Erasing, type ErasingOptions } from './erasing.ts';
import { createForgetting, type Forgetting, type ForgettingOptions } from './forgetting.ts';
import { memoriesIn, removeMemory } from './memories.ts';
import { openOrders } from './orders.ts';

export interface OpenOptions
  extends Pick<ErasingOptions, 'onChange' | 'clock' | 'log'>,
    Pick<ForgettingOptions, 'ask'> {
  readonly dataDir: string;
  /** What lies elsewhere. */
  readonly places: Pick<ErasingOptions['places'], 'records' | 'samples' | 'unshow'>;
}

export function openErasing({ dataDir, ask, places, onChange, clock, log }: OpenOptions): {
  readonly erasing: Erasing;
  readonly forgot: Forgetting['forgot'];
} {
  const forgetting = createForgetting({ ask, remove: (stream) => removeMemory(dataDir, stream), clock });
  const erasing = createErasing({
    orders: openOrders(dataDir),
    places: { ...places, memories: () => memoriesIn(dataDir), forget: forgetting.forget },
    onChange,
    clock,
    log,
  });
  return { erasing, forgot: forgetting.forgot };
}
