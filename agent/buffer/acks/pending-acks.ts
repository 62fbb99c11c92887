/**
 * Acknowledgements that are not in the file yet. Usually they wait here for a moment, and while the disk takes nothing they wait
 * longer; what they name is not sent again. Memory is bounded. A crash forgets them: then the records are sent again, and the
 * hub drops them as duplicates.
 */
import type { Ack, Refusal } from '../../../shared/contract/messages/batch.ts';
import { missing, type Range, union } from '../../../shared/kit/ranges.ts';
import type { OutboxFile } from '../file/outbox-file.ts';
import { settle } from './settle.ts';

const MAX_REFUSALS = 4096;

export class PendingAcks {
  #epoch = '';
  #upTo = 0;
  #ranges: readonly Range[] = [];
  /** Ranges that are settled in the file already. */
  #forgotten: { readonly epoch: string; readonly ranges: readonly Range[] } = { epoch: '', ranges: [] };
  readonly #refused = new Set<Refusal>();

  /** Is there room for the refusals of one more? */
  hasRoomFor(ack: Ack): boolean {
    const waiting = ack.epoch === this.#epoch ? this.#refused.size : 0;
    return waiting + (ack.refused?.length ?? 0) <= MAX_REFUSALS;
  }

  /** Adds one; adding the same one again changes nothing. */
  add(ack: Ack): void {
    if (ack.epoch !== this.#epoch) this.#clear(ack.epoch);
    this.#upTo = Math.max(this.#upTo, ack.upTo);
    this.#ranges = ack.ranges ?? [];
    for (const range of ack.refused ?? []) this.#refused.add(range);
  }

  /** The hub has every number of the epoch up to this one, even if the file still holds it. */
  knownUpTo(epoch: string): number {
    return epoch === this.#epoch ? this.#upTo : 0;
  }

  /**
   * Settles them in the file; drops those of another epoch. May be called again after it failed.
   * @throws SQLite's complaint; then they stay pending
   */
  settle(file: OutboxFile): void {
    if (this.#epoch === '') return;
    if (file.meta.epoch === this.#epoch) {
      settle(file, { known: this.#news(), refused: [...this.#refused] });
      this.#forgotten = { epoch: this.#epoch, ranges: this.#ranges };
    }
    this.#clear('');
  }

  /** An acknowledgement repeats the ranges of those before it: what is settled in the file already is left out. */
  #news(): Range[] {
    const before = this.#forgotten.epoch === this.#epoch ? this.#forgotten.ranges : [];
    const upTo = this.#upTo > 0 ? [{ from: 1, to: this.#upTo }] : [];
    return union(
      upTo,
      this.#ranges.flatMap((range) => missing(range, before)),
    );
  }

  #clear(epoch: string): void {
    this.#epoch = epoch;
    this.#upTo = 0;
    this.#ranges = [];
    this.#refused.clear();
  }
}
