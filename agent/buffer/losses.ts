/**
 * Writes the loss ledger as `loss` records. As long as a loss record was not leased it may grow, so that a month offline
 * costs a handful of them and not one for every pass.
 *
 * Only what was committed is remembered: call `committed` after the transaction, `rolledBack` when it failed.
 */
import type { LossRecord } from '../../shared/contract/messages/record.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import { entryOf } from './entry.ts';
import type { Entry } from './format.ts';
import { addLosses, type Loss } from './ledger.ts';
import type { FileTransaction } from './transaction.ts';

/** What the agent knows at this moment: revision of its configuration, its start, and its clocks. */
export type Stamp = Pick<LossRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock'>;

interface Growing extends Loss {
  readonly seq: number;
  readonly bytes: number;
}

/** How many loss records of one reason may grow side by side. */
const SIDE_BY_SIDE = 8;

export class LossWriter {
  readonly #stamp: () => Stamp;
  #growing: Growing[] = [];
  #next: Growing[] = [];

  constructor(stamp: () => Stamp) {
    this.#stamp = stamp;
  }

  /** Counts numbers of the file's own epoch as given up, within `transaction`. */
  add(transaction: FileTransaction, ranges: readonly Loss[], reason: string): void {
    const before = this.#next;
    this.#next = addLosses(before, ranges, SIDE_BY_SIDE).map((loss, at) => {
      const old = before[at];
      if (old && old.from === loss.from && old.to === loss.to && old.lost === loss.lost) return old;
      const entry = this.entry({ epoch: transaction.draft.epoch, ...loss, reason });
      if (old) {
        transaction.rewrite(old.seq, entry, old.bytes);
        return { ...loss, seq: old.seq, bytes: entry.bytes };
      }
      return { ...loss, seq: transaction.insert([entry]), bytes: entry.bytes };
    });
  }

  /** A loss record, ready to be inserted. */
  entry(loss: Pick<LossRecord, 'epoch' | 'from' | 'to' | 'lost' | 'reason'>): Entry {
    return entryOf({ kind: 'loss', ...this.#stamp(), ...loss });
  }

  /** An `error` record of the outbox itself, ready to be inserted. */
  error(code: ErrorCode, message: string): Entry {
    return entryOf({ kind: 'error', ...this.#stamp(), code, message: message.slice(0, 2048), count: 1 });
  }

  committed(): void {
    this.#growing = this.#next;
  }

  rolledBack(): void {
    this.#next = this.#growing;
  }

  /** A leased record never changes again. */
  leased(upTo: number): void {
    if (this.#growing.every((loss) => loss.seq > upTo)) return;
    this.#growing = this.#growing.filter((loss) => loss.seq > upTo);
    this.#next = this.#growing;
  }
}
