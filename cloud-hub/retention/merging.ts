/**
 * Merges small chunks of readings and summaries (store/chunks), a few at a time, so that ingest and the API go on in between.
 *
 * Crash behaviour: each step is a transaction; what was not reached is reached in the next round.
 */
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { chunkTables } from '../store/chunks/chunk-rows.ts';
import type { Mergeable } from '../store/chunks/merge-chunks.ts';
import type { HubStore } from '../store/store.ts';

export interface MergingOptions {
  readonly store: Pick<HubStore, 'chunks' | 'transact'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 300_000;
/** A hub that starts takes in first what waited for it. */
const FIRST_MS = 90_000;
const PAUSE_MS = 40;
/** Streams that are looked up at once. */
const STREAMS = 100;

export class Merging {
  readonly #options: MergingOptions;
  #cancel: Cancel = () => undefined;
  #stopped = false;
  #work: Promise<void> | undefined;

  constructor(options: MergingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#later(FIRST_MS, () => this.#round());
  }

  /** Resolves when the step that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#work;
  }

  #later(ms: number, work: () => Promise<void>): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#work = work().catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'small chunks of records could not be merged; tried again later');
        this.#later(EVERY_MS, () => this.#round());
      });
    });
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
      this.#later(PAUSE_MS, () => this.#next(others, merged + fewer));
      return;
    }
    if (merged > 0) log.debug({ fewer: merged }, 'small chunks of records were merged');
    // While something was to do, there may be more.
    this.#later(merged > 0 ? PAUSE_MS : EVERY_MS, () => this.#round());
  }
}
