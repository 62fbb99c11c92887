/**
 * Writes the records of the outbox itself: `loss` records for the loss ledger, and `error` records when it is full or was
 * damaged. A loss record may grow until it is leased, so that a month offline needs a handful of them and not one for every
 * eviction. None of them is ever evicted.
 *
 * Only what was committed is remembered: changes happen inside of `within`.
 */

import type { LossRecord } from '../../../shared/contract/messages/record.ts';
import { clipped } from '../../../shared/contract/names.ts';
import type { ErrorCode } from '../../../shared/kit/errors.ts';
import { entryOf } from '../file/entry.ts';
import type { Entry, MetaState } from '../file/format.ts';
import { KEPT_RANK } from '../file/rank.ts';
import type { Recovery } from '../file/recover.ts';
import type { FileTransaction } from '../file/transaction.ts';
import { addLosses, type Loss } from './ledger.ts';

/** What every record carries: the revision of the configuration, the id of this start, and the clocks. */
export type Stamp = Pick<LossRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock'>;

interface Growing extends Loss {
  readonly seq: number;
  readonly bytes: number;
}

interface State {
  /** Loss records that may still grow, by reason. */
  readonly growing: ReadonlyMap<string, readonly Growing[]>;
  /** Number of the record that reports that the disk is full now. */
  readonly fullReport: number | undefined;
}

/** How many loss records of one reason may grow side by side. */
const SIDE_BY_SIDE = 8;

export class LossWriter {
  readonly #stamp: () => Stamp;
  #state: State = { growing: new Map(), fullReport: undefined };

  constructor(stamp: () => Stamp) {
    this.#stamp = stamp;
  }

  /** Runs a whole transaction; if it throws, what it added here is forgotten. */
  within<T>(run: () => T): T {
    const before = this.#state;
    try {
      return run();
    } catch (error) {
      this.#state = before;
      throw error;
    }
  }

  /** Counts numbers of the file's own epoch as lost, within `transaction`. */
  add(transaction: FileTransaction, ranges: readonly Loss[], reason: string): void {
    const before = this.#state.growing.get(reason) ?? [];
    const after = addLosses(before, ranges, SIDE_BY_SIDE).map((loss, at): Growing => {
      const old = before[at];
      if (old && old.from === loss.from && old.to === loss.to && old.lost === loss.lost) return old;
      const entry = this.entry({ epoch: transaction.draft.epoch, ...loss, reason });
      if (old) {
        transaction.rewrite(old.seq, entry, old.bytes);
        return { ...loss, seq: old.seq, bytes: entry.bytes };
      }
      return { ...loss, seq: transaction.insert([entry]), bytes: entry.bytes };
    });
    this.#state = { ...this.#state, growing: new Map(this.#state.growing).set(reason, after) };
  }

  /** Reports, within `transaction`, that records are lost because the disk is full: once until `relieved`. */
  reportFull(transaction: FileTransaction, message: string): void {
    if (this.hasReportedFull) return;
    this.#state = { ...this.#state, fullReport: transaction.insert([this.error('outbox-full', message)]) };
  }

  get hasReportedFull(): boolean {
    return this.#state.fullReport !== undefined;
  }

  /** There is room again. A full disk is reported anew once the last report has left the outbox: it is below `base`. */
  relieved(base: number): void {
    if (this.#state.fullReport !== undefined && this.#state.fullReport < base) {
      this.#state = { ...this.#state, fullReport: undefined };
    }
  }

  /** A loss record, ready to be inserted. */
  entry(loss: Pick<LossRecord, 'epoch' | 'from' | 'to' | 'lost' | 'reason'>): Entry {
    return entryOf({ kind: 'loss', ...this.#stamp(), ...loss });
  }

  /** An `error` record of the outbox itself, ready to be inserted. */
  error(code: ErrorCode, message: string): Entry {
    const entry = entryOf({ kind: 'error', ...this.#stamp(), code, message: clipped(message), count: 1 });
    return { ...entry, rank: KEPT_RANK };
  }

  /** The records that report damage, or a lost key: an error, and a loss if it is known how many records the file held. */
  ofDamage({ movedTo, salvaged, lost, reason, isKeyLost }: Recovery, meta: MetaState | undefined): Entry[] {
    const code = isKeyLost ? 'key-lost' : 'outbox-corrupt';
    const what = isKeyLost ? 'cannot be opened' : 'was damaged';
    const message = `the outbox ${what} (${reason}); it was moved to ${movedTo}, ${salvaged} records were saved from it`;
    const entries = [this.error(code, message)];
    if (meta && lost) {
      const span = { from: 1, to: meta.nextSeq - 1 };
      entries.push(this.entry({ epoch: meta.epoch, ...span, lost, reason: code }));
    }
    return entries;
  }

  /** A leased record never changes again. */
  leased(upTo: number): void {
    const growing = new Map<string, readonly Growing[]>();
    for (const [reason, losses] of this.#state.growing) {
      const still = losses.filter((loss) => loss.seq > upTo);
      if (still.length > 0) growing.set(reason, still);
    }
    this.#state = { ...this.#state, growing };
  }

  /** Another file was opened: its records must not be changed. */
  reset(): void {
    this.#state = { growing: new Map(), fullReport: undefined };
  }
}
