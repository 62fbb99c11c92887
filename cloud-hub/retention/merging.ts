/**
 * Merges small chunks of readings and summaries (store/chunks), a few at a time, so that ingest and the API go on in between.
 *
 * Crash behaviour: each step is a transaction; what was not reached is reached in the next round.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { chunkTables } from '../store/chunks/chunk-rows.ts';
import type { Mergeable } from '../store/chunks/merge-chunks.ts';
import type { HubStore } from '../store/store.ts';
import { Steps } from './steps.ts';

export interface MergingOptions {
  readonly store: Pick<HubStore, 'chunks' | 'transact'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 300_000;
/** A hub that starts takes in first what waited for it. */
const FIRST_MS = 90_000;
/** Streams that are looked up at once. */
const STREAMS = 100;

export class Merging {
  readonly #options: MergingOptions;
  readonly #steps: Steps;

  constructor(options: MergingOptions) {
    this.#options = options;
    const failed = 'small chunks of records could not be merged; tried again later';
    const { clock, log } = options;
    this.#steps = new Steps({ clock, log, failed, round: () => this.#round(), everyMs: EVERY_MS });
  }

  start(): void {
    this.#steps.nextRound(FIRST_MS);
  }

  /** Resolves when the step that runs has ended. */
  stop(): Promise<void> {
    return this.#steps.stop();
  }

  async #round(): Promise<void> {
    const { chunks } = this.#options.store;
    const found = await Promise.all(chunkTables.map((table) => chunks.mergeable(table, STREAMS)));
    await this.#next(found.flat(), 0);
  }

  async #next([one, ...others]: readonly Mergeable[], merged: number): Promise<void> {
    const { store, log } = this.#options;
    if (one !== undefined) {
      const fewer = await store.transact((tx) => tx.chunks.merge(one));
      this.#steps.next(() => this.#next(others, merged + fewer));
      return;
    }
    if (merged === 0) {
      this.#steps.nextRound();
      return;
    }
    log.debug({ fewer: merged }, 'small chunks of records were merged');
    // While something was to do, there may be more.
    this.#steps.next(() => this.#round());
  }
}
