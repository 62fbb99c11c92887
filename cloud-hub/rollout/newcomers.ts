/** Asks devices that come after a rollout is done for what everybody else was asked, once. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Act } from '../store/audit.ts';
import type { StoredRollout } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import { type Part, type Subject, withPart } from './document.ts';
import { owed } from './owed.ts';

export interface NewcomersOptions {
  readonly store: Pick<Store, 'devices' | 'desired' | 'rollouts' | 'transact'>;
  /** As of the executor. */
  readonly partFor: (rollout: StoredRollout) => Part;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Finished rollouts that a newcomer is held against, newest first. */
const MAX_DONE = 500;

export class Newcomers {
  readonly #options: NewcomersOptions;
  /** Rollouts that can still be asked for; read when they are wanted. */
  #done: readonly StoredRollout[] | undefined;

  constructor(options: NewcomersOptions) {
    this.#options = options;
  }

  /** Another rollout is done. */
  changed(): void {
    this.#done = undefined;
  }

  /** A device said what it runs. What it is owed is in its document then; the document is not yet sent. */
  reported(device: string, open: readonly StoredRollout[]): void {
    const { store, log } = this.#options;
    this.#done ??= store.rollouts.done(MAX_DONE);
    if (this.#done.length === 0) return;
    const labelled = { id: device, labels: store.devices.labels(device) };
    for (const rollout of owed(this.#done, open, labelled, store.desired.get(device))) {
      try {
        this.#ask(device, rollout);
      } catch (error) {
        log.warn({ rollout: rollout.id, device, err: error }, 'a newcomer cannot be asked for what the others were');
        this.#done = this.#done.filter((other) => other !== rollout);
      }
    }
  }

  #ask(device: string, rollout: StoredRollout): void {
    const { store, partFor, clock, log } = this.#options;
    const part = partFor(rollout);
    const act: Act = { at: clock.wall(), actor: 'hub' };
    const reason = `${device} has come after the others, and is asked as they were`;
    store.transact(() => {
      const document = store.desired.get(device);
      store.desired.set(device, withPart(document, rollout.subject as Subject, part), act.at);
      store.rollouts.addHistory(rollout.row, act, 'asked', reason, { wave: rollout.wave, devices: [device] });
    });
    log.info({ rollout: rollout.id, device }, reason);
  }
}
