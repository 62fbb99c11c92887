/** Asks devices that come after a rollout is done for what everybody else was asked, once. */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Part } from '../contract/rollout.ts';
import type { Act } from '../store/audit.ts';
import type { StoredRollout } from '../store/rollouts.ts';
import type { HubStore } from '../store/store.ts';
import { withPart } from './document.ts';
import { missedRollouts } from './missed-rollouts.ts';

export interface NewcomersOptions {
  readonly store: Pick<HubStore, 'devices' | 'desired' | 'rollouts' | 'transact'>;
  /** As of the executor. */
  readonly partFor: (rollout: StoredRollout) => Promise<Part>;
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

  /**
   * A device said what it runs. What it is owed is in its document then.
   * @returns the document when it is another one now; it is not yet sent
   */
  async reported(device: string, open: readonly StoredRollout[]): Promise<Desired | undefined> {
    const { store, log } = this.#options;
    this.#done ??= await store.rollouts.done(MAX_DONE);
    if (this.#done.length === 0) return undefined;
    const labelled = { id: device, labels: await store.devices.labels(device) };
    const before = await store.desired.get(device);
    let document = before;
    for (const rollout of missedRollouts(this.#done, open, labelled, before)) {
      try {
        document = await this.#ask(device, rollout, document);
      } catch (error) {
        log.warn(
          { rollout: rollout.id, device, err: error },
          'a device that came later could not be asked for what the others run',
        );
        this.#done = this.#done.filter((other) => other !== rollout);
      }
    }
    return document === before ? undefined : document;
  }

  async #ask(device: string, rollout: StoredRollout, before: Desired | undefined): Promise<Desired> {
    const { store, partFor, clock, log } = this.#options;
    const part = await partFor(rollout);
    const act: Act = { at: clock.wall(), actor: 'hub' };
    const reason = `${device} has come after the others, and is asked as they were`;
    const document = withPart(before, rollout.subject, part);
    await store.transact(async (tx) => {
      if ((await tx.desired.revision(device)) !== before?.revision)
        throw new Error('its document was changed meanwhile; it is asked at its next report');
      await tx.desired.set(device, document, act.at);
      await tx.rollouts.addHistory(rollout.row, act, 'asked', reason, { wave: rollout.wave, devices: [device] });
    });
    log.info({ rollout: rollout.id, device }, reason);
    return document;
  }
}
