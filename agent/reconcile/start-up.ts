/** The beginning of a run: what the last one left is looked through, and the streams start with what has been proven. */
import type { ModelFailure } from '../../shared/contract/messages/model-report.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Store } from '../models/store.ts';
import type { Fleet } from './fleet.ts';
import { startingState } from './start.ts';
import type { DeviceState, Slot, StateFile } from './state.ts';

export interface StartUp {
  readonly state: StateFile;
  readonly store: Pick<Store, 'open'>;
  readonly fleet: Pick<Fleet, 'home' | 'apply'>;
  /** Names of the device's own models. */
  readonly models: readonly string[];
  readonly onFailure: (model: string, failure: ModelFailure) => void;
  readonly log: Logger;
}

/** @throws the file system's error when the state cannot be written */
export async function startWhatIsProven({ state, store, fleet, models, onFailure, log }: StartUp): Promise<void> {
  const before = state.state;
  const homes = new Map<string, Slot>();
  for (const model of models) {
    const home = await fleet.home(model);
    if (home) homes.set(model, home);
  }
  state.set(startingState(before, { whole: await wholeOf(before, store), homes }));
  // What this start has taken back; the rest was told when it happened.
  for (const [model, { failures }] of Object.entries(state.state.models)) {
    const known = before.models[model]?.failures ?? [];
    for (const failure of failures) if (!known.includes(failure)) onFailure(model, failure);
  }
  for (const { streams, reason } of await fleet.apply(state.state)) log.warn({ streams }, reason);
}

/** Digests of the slots' packages that lie whole in the store. */
async function wholeOf({ models }: DeviceState, store: StartUp['store']): Promise<ReadonlySet<string>> {
  const whole = new Set<string>();
  for (const { active, previous } of Object.values(models)) {
    for (const digest of [active?.digest, previous?.digest])
      if (digest !== undefined && (await store.open(digest)) !== undefined) whole.add(digest);
  }
  return whole;
}
