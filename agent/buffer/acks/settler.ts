/**
 * Brings acknowledgements into the outbox's file: at once, or, while the uplink expects more of them, several in one transaction,
 * because each transaction flushes the disk.
 *
 * Crash behaviour: what waits is forgotten; then the records are sent again, and the hub drops them (pending-acks.ts).
 */
import type { Ack } from '../../../shared/contract/messages/batch.ts';
import type { Cancel, Clock } from '../../../shared/kit/clock.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import type { PendingAcks } from './pending-acks.ts';

/** So many wait at most: with full batches, as many numbers as one transaction deletes. */
const TOGETHER = 4;
/** So long one waits at most for more. */
const WAIT_MS = 20;

export interface SettlerOptions {
  readonly pending: PendingAcks;
  /** Settles what is pending; an error stays pending. */
  readonly settle: () => { readonly error?: Error };
  /** Tries again later, and reports damage. */
  readonly retry: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Settler {
  readonly #options: SettlerOptions;
  #waiting = 0;
  #cancel: Cancel | undefined;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  /**
   * Takes one acknowledgement over.
   * @param more others are expected soon: it may wait for them
   * @returns false when it was not: the disk takes nothing, and the memory is full
   */
  add(ack: Ack, more: boolean): boolean {
    const { pending, settle, clock } = this.#options;
    // Others wait long only while the disk takes nothing; they may have filled the memory.
    if (!pending.hasRoomFor(ack) && settle().error) return false;
    pending.add(ack);
    this.#waiting++;
    if (more && this.#waiting < TOGETHER) this.#cancel ??= clock.after(WAIT_MS, () => this.now());
    else this.now();
    return true;
  }

  /** Settles what waits. */
  now(): void {
    this.stop();
    const { error } = this.#options.settle();
    if (!error) return;
    this.#options.log.warn({ err: error }, 'an acknowledgement could not be written down yet');
    this.#options.retry();
  }

  /** Settles what waits, if anything waits: call it before what must not touch records that the hub has. */
  first(): void {
    if (this.#waiting > 0) this.now();
  }

  /** Nothing comes by itself any more. */
  stop(): void {
    this.#waiting = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
