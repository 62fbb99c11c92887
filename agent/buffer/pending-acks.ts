/**
 * Acknowledgements that are not yet written down, because the disk takes nothing: as if they were obeyed, they are not
 * sent again. Memory is bounded. A crash forgets them: then the records are sent again, and the hub drops them as
 * duplicates.
 */
import type { Ack, Refusal } from '../../shared/contract/messages/batch.ts';
import { missing, type Range } from '../../shared/kit/ranges.ts';
import type { OutboxFile } from './outbox-file.ts';
import { forget, refuse } from './settle.ts';

const MAX_REFUSALS = 4096;

export class PendingAcks {
  #epoch = '';
  #upTo = 0;
  #ranges: readonly Range[] = [];
  /** What the file has been told of `ranges`. */
  #forgotten: { readonly epoch: string; readonly ranges: readonly Range[] } = { epoch: '', ranges: [] };
  readonly #refused = new Set<Refusal>();

  /** Takes one on; the same one again changes nothing. Returns whether there was room for it. */
  add(ack: Ack): boolean {
    if (ack.epoch !== this.#epoch) this.#clear(ack.epoch);
    const refused = ack.refused ?? [];
    if (this.#refused.size + refused.length > MAX_REFUSALS) return false;
    this.#upTo = Math.max(this.#upTo, ack.upTo);
    this.#ranges = ack.ranges ?? [];
    for (const range of refused) this.#refused.add(range);
    return true;
  }

  /** Every number of the epoch up to this one is settled, though the file may still hold it. */
  settledUpTo(epoch: string): number {
    return epoch === this.#epoch ? this.#upTo : 0;
  }

  /**
   * Writes them down; what another epoch was told is forgotten. May be called again after it failed.
   * @throws SQLite's complaint; then they stay pending
   */
  apply(file: OutboxFile): void {
    if (this.#epoch === '') return;
    if (file.meta.epoch === this.#epoch) {
      if (this.#refused.size > 0) refuse(file, [...this.#refused]);
      if (this.#upTo > 0) forget(file, { from: 1, to: this.#upTo });
      this.#forgetRanges(file);
    }
    this.#clear('');
  }

  #forgetRanges(file: OutboxFile): void {
    const before = this.#forgotten.epoch === this.#epoch ? this.#forgotten.ranges : [];
    for (const range of this.#ranges) for (const news of missing(range, before)) forget(file, news);
    this.#forgotten = { epoch: this.#epoch, ranges: this.#ranges };
  }

  #clear(epoch: string): void {
    this.#epoch = epoch;
    this.#upTo = 0;
    this.#ranges = [];
    this.#refused.clear();
  }
}
