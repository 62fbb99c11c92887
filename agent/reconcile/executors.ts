/** What each step does. A step changes the state as its last act; what it leaves undone is planned again. */

import type { Needed } from '../models/store.ts';
import { candidateSteps } from './candidate-steps.ts';
import type { Executors } from './loop.ts';
import { slotSteps } from './slot-steps.ts';
import type { DeviceState } from './state.ts';
import type { StepParts } from './step-parts.ts';
import { streamSteps } from './streams.ts';

export function createExecutors(parts: StepParts): Executors {
  return {
    ...streamSteps(parts),
    ...candidateSteps(parts),
    ...slotSteps(parts),
    collect: () => collect(parts),
  };
}

/** Removes packages that no slot and no document names. */
async function collect({ state, store, announce }: StepParts): Promise<void> {
  const gone = await store.collect(() => needed(state.state));
  if (gone > 0) announce(`${gone} unused model packages were removed`);
}

function needed({ models, desired }: DeviceState): Needed {
  const slots = Object.values(models).flatMap((m) => [
    m.active?.digest,
    m.previous?.digest,
    m.candidate?.package.digest,
  ]);
  const downloads = new Set(Object.values(desired?.models ?? {}).map((m) => m.digest));
  return { packages: new Set([...slots.filter((d) => d !== undefined), ...downloads]), downloads };
}
