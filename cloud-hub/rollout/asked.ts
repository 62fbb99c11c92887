/**
 * The devices that open rollouts have asked, and how they stand: read from the store and the latest reports when it is asked for first,
 * then kept in memory. Whoever uses it does one thing after the other.
 */
import { progressText } from '../contract/progress-text.ts';
import type { DeviceProgress } from '../contract/rollout.ts';
import type { Act } from '../store/audit.ts';
import type { StoredRollout } from '../store/rollouts.ts';
import type { HubStore } from '../store/store.ts';
import { type DeviceView, isLate } from './decide.ts';
import { type Outcome, outcomeOf, progressOf } from './outcome.ts';

export interface AskedState {
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  outcome: Outcome;
  /** Where it stands as the store has it, as text. */
  noted: string;
}

export function newlyAsked(askedAt: number): AskedState {
  return { askedAt, outcome: { state: 'waiting' }, noted: noteOf({ outcome: 'waiting', reason: '' }) };
}

export class Asked {
  readonly #store: Pick<HubStore, 'devices' | 'desired' | 'rollouts' | 'transact'>;
  /** By rollout and device. */
  readonly #held = new Map<number, Map<string, AskedState>>();

  constructor(store: Pick<HubStore, 'devices' | 'desired' | 'rollouts' | 'transact'>) {
    this.#store = store;
  }

  keepOnly(open: readonly StoredRollout[]): void {
    for (const row of this.#held.keys()) if (!open.some((rollout) => rollout.row === row)) this.#held.delete(row);
  }

  forget({ row }: StoredRollout): void {
    this.#held.delete(row);
  }

  /** The devices that it has asked; whoever asks more adds them. */
  async of(rollout: StoredRollout): Promise<Map<string, AskedState>> {
    const held = this.#held.get(rollout.row);
    if (held) return held;
    const { rollouts, desired, devices } = this.#store;
    const asked = new Map<string, AskedState>();
    for (const { device, askedAt, progress } of await rollouts.devices(rollout.row)) {
      const wanted = await desired.revision(device);
      const outcome: Outcome =
        wanted === undefined
          ? { state: 'waiting' }
          : outcomeOf(rollout.plan.target, wanted, await devices.report(device));
      asked.set(device, { askedAt, outcome, noted: noteOf(progress) });
    }
    this.#held.set(rollout.row, asked);
    return asked;
  }

  /** Writes down what changed on devices; a failure gets a line in the history. @returns the devices of which something was written */
  async note(rollout: StoredRollout, views: readonly DeviceView[], act: Act): Promise<readonly string[]> {
    const asked = await this.of(rollout);
    const news = views.flatMap((view) => {
      const state = asked.get(view.id);
      if (!state) return [];
      const progress = progressOf(view.outcome, isLate(view, rollout.plan, act.at));
      const note = noteOf(progress);
      return state.noted === note ? [] : [{ device: view.id, state, progress, note, outcome: view.outcome }];
    });
    if (news.length === 0) return [];
    await this.#store.transact(async (tx) => {
      for (const { device, progress, outcome } of news) {
        await tx.rollouts.setProgress(rollout.row, device, progress);
        if (progress.outcome !== 'failed') continue;
        const { stage, phase } = progress;
        const shadow = 'shadow' in outcome ? outcome.shadow : undefined;
        const reason = `${device}: ${progressText(progress)}`;
        // What is undefined is left out.
        await tx.rollouts.addHistory(rollout.row, act, 'device-failed', reason, { device, stage, phase, shadow });
      }
    });
    for (const { state, note } of news) state.noted = note;
    return news.map(({ device }) => device);
  }
}

/** The same text for the same standing. */
function noteOf({ outcome, phase, stage, reason }: DeviceProgress): string {
  return JSON.stringify([outcome, phase, stage, reason]);
}
