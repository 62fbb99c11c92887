/**
 * Writes what the outbox itself has to say: the loss ledger as `loss` records, and that it is full or was damaged as
 * `error` records. As long as a loss record was not leased it may grow, so that a month offline costs a handful of them
 * and not one for every pass. None of them is ever given up.
 *
 * Only what was committed is remembered: changes happen inside of `within`.
 */
import type { LossRecord } from '../../shared/contract/messages/record.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import { entryOf } from './entry.ts';
import type { Entry } from './format.ts';
import { addLosses, type Loss } from './ledger.ts';
import { KEPT_RANK } from './rank.ts';
import type { FileTransaction } from './transaction.ts';

/** What the agent knows at this moment: revision of its configuration, its start, and its clocks. */
export type Stamp = Pick<LossRecord, 'config' | 'boot' | 'mono' | 'wall' | 'clock'>;

interface Growing extends Loss {
  readonly seq: number;
  readonly bytes: number;
}

interface State {
  /** Loss records that may still grow, by reason. */
  readonly growing: ReadonlyMap<string, readonly Growing[]>;
  /** Number of the record that tells of the present fullness. */
  readonly toldFull: number | undefined;
}

/** How many loss records of one reason may grow side by side. */
const SIDE_BY_SIDE = 8;

export class LossWriter {
  readonly #stamp: () => Stamp;
  #state: State = { growing: new Map(), toldFull: undefined };

  constructor(stamp: () => Stamp) {
    this.#stamp = stamp;
  }

  /** Runs a whole transaction: what it adds and tells counts when it commits, and not when it throws. */
  within<T>(run: () => T): T {
    const before = this.#state;
    try {
      return run();
    } catch (error) {
      this.#state = before;
      throw error;
    }
  }

  /** Counts numbers of the file's own epoch as given up, within `transaction`. */
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

  /** Writes, within `transaction`, that records are given up for want of disk: once until `relieved`. */
  tellFull(transaction: FileTransaction, message: string): void {
    if (this.hasToldFull) return;
    this.#state = { ...this.#state, toldFull: transaction.insert([this.error('outbox-full', message)]) };
  }

  get hasToldFull(): boolean {
    return this.#state.toldFull !== undefined;
  }

  /** There is room again. The next fullness is told of anew, when what was told is no longer held: it is below `base`. */
  relieved(base: number): void {
    if (this.#state.toldFull !== undefined && this.#state.toldFull < base) {
      this.#state = { ...this.#state, toldFull: undefined };
    }
  }

  /** A loss record, ready to be inserted. */
  entry(loss: Pick<LossRecord, 'epoch' | 'from' | 'to' | 'lost' | 'reason'>): Entry {
    return entryOf({ kind: 'loss', ...this.#stamp(), ...loss });
  }

  /** An `error` record of the outbox itself, ready to be inserted. */
  error(code: ErrorCode, message: string): Entry {
    const entry = entryOf({ kind: 'error', ...this.#stamp(), code, message: message.slice(0, 2048), count: 1 });
    return { ...entry, rank: KEPT_RANK };
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

  /** Another file was opened: nothing in it is ours to change. */
  reset(): void {
    this.#state = { growing: new Map(), toldFull: undefined };
  }
}
