/** What active packages have done in service: added up in memory (`service.ts`), kept in the state now and then. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Service } from './service.ts';
import type { DeviceState, StateFile } from './state.ts';

export interface Figures {
  /** Streams have started: from now on time counts as service. */
  begin(): void;
  /**
   * Adds what came since the last time to the slots, with one write for all.
   * @throws the file system's error; then nothing is lost, and the next checkpoint adds it
   */
  checkpoint(): void;
  /** The state with what came since the last checkpoint. */
  upToNow(): DeviceState;
}

export function createFigures(state: StateFile, service: Service, clock: Clock): Figures {
  let countedAt = clock.mono();

  const upTo = (now: number): DeviceState => {
    const models = Object.entries(state.state.models).map(([id, model]) => {
      const { active } = model;
      return [id, active ? { ...model, active: service.view(id, active, now - countedAt) } : model] as const;
    });
    return { ...state.state, models: Object.fromEntries(models) };
  };

  return {
    begin() {
      countedAt = clock.mono();
    },
    checkpoint() {
      const now = clock.mono();
      const next = upTo(now);
      state.set(next);
      countedAt = now;
      for (const id of Object.keys(next.models)) service.reset(id);
    },
    upToNow: () => upTo(clock.mono()),
  };
}
