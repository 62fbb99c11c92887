/**
 * The durable outbox: what the agent has to say waits here until the hub has committed it.
 *
 * 1. `append` resolves `committed` only after the commit; commits are grouped, so that a burst costs one disk flush.
 * 2. Nothing is deleted but by an acknowledgement of this epoch, a refusal, or the quota; what the quota or a full disk
 *    costs is counted in `loss` records.
 * 3. A full disk lowers the quota to what there is (room.ts): newer records are kept by giving up the least valuable older
 *    ones, and acknowledgements are obeyed. While it takes nothing at all, records and acknowledgements wait in bounded
 *    memory and are tried again with backoff. These records are the only ones that a crash can lose, besides those younger
 *    than `groupMs`.
 * 4. Damage, found at the start or later, never ends the process: the file is moved aside and a new epoch begins
 *    (recover.ts). Whoever holds numbers compares `epoch`.
 *
 * The file itself: outbox-file.ts.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Ack, Refusal } from '../../shared/contract/messages/batch.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { isFull, openSqlite, type SqliteDatabase } from '../../shared/kit/sqlite.ts';
import { noteEpoch } from './epoch-note.ts';
import { FileHolder } from './file-holder.ts';
import type { Leased } from './format.ts';
import { lockFolder } from './lock.ts';
import { LossWriter, type Stamp } from './losses.ts';
import { newEpoch, type OutboxFile } from './outbox-file.ts';
import { type OutboxState, stateOf } from './outbox-state.ts';
import { PendingAcks } from './pending-acks.ts';
import type { Fate } from './queue.ts';
import { Reserve } from './reserve.ts';
import { Room } from './room.ts';
import { refuse } from './settle.ts';
import { Writer } from './writer.ts';

export interface OutboxOptions {
  /** The agent's data folder; made when missing, locked while the outbox is open. */
  readonly folder: string;
  /** Bound of file, WAL and reserve in bytes; default 512 MiB, at least 4 MiB. */
  readonly quotaBytes?: number;
  /** Longest wait of a record for others to share its commit, in milliseconds; default 20. */
  readonly groupMs?: number;
  /** What may wait in memory while the disk takes nothing; default 4096 records and 8 MiB. */
  readonly memory?: { readonly records: number; readonly bytes: number };
  /** How the file is opened; default: SQLite in WAL mode with `synchronous=FULL`. */
  readonly open?: (path: string) => SqliteDatabase;
  /** For the records that the outbox itself writes. */
  readonly stamp: () => Stamp;
  readonly clock: Clock;
  readonly log: Logger;
}

/** `stale`: of another epoch. `ahead`: it names numbers never given, see `Outbox.ack`. `failed`: the disk; it has to come again. */
export type AckOutcome = 'settled' | 'stale' | 'ahead' | 'failed';

const DEFAULT_QUOTA_BYTES = 512 * 1024 * 1024;
const MIN_QUOTA_BYTES = 4 * 1024 * 1024;
/** A batch is at most this part of the outbox, so that what is on its way does not fill it. */
const BATCH_PART = 32;

/**
 * Opens the outbox of a data folder. O(1) in the backlog, unless the file is damaged.
 * @throws CodedError `config-invalid` when another agent uses the folder or the file is of a newer version
 * @throws RangeError for a quota below 4 MiB
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const quotaBytes = options.quotaBytes ?? DEFAULT_QUOTA_BYTES;
  if (!(quotaBytes >= MIN_QUOTA_BYTES)) {
    throw new RangeError(`the outbox quota is ${quotaBytes} bytes; it must be at least ${MIN_QUOTA_BYTES}`);
  }
  mkdirSync(options.folder, { recursive: true });
  try {
    try {
      return begin(options, quotaBytes);
    } catch (error) {
      // On a full disk, even the lock needs some room.
      if (!isFull(error) || new Reserve(options.folder).release() === 0) throw error;
      return begin(options, quotaBytes);
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const message = `the outbox in ${options.folder} cannot be opened: ${messageOf(error)}; check the rights and the room there`;
    throw new CodedError('config-invalid', message, { cause: error });
  }
}

function begin(options: OutboxOptions, quotaBytes: number): Outbox {
  const unlock = lockFolder(options.folder);
  try {
    return new Outbox(options, quotaBytes, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

export class Outbox {
  readonly #log: Logger;
  readonly #file: string;
  readonly #unlock: () => void;
  readonly #losses: LossWriter;
  readonly #holder: FileHolder;
  readonly #writer: Writer;
  readonly #room: Room;
  readonly #pending = new PendingAcks();
  readonly #listeners = new Set<() => void>();
  #closed = false;

  /** Use `openOutbox`. */
  constructor(options: OutboxOptions, quotaBytes: number, unlock: () => void) {
    const { clock, log } = options;
    this.#log = log;
    this.#unlock = unlock;
    this.#losses = new LossWriter(options.stamp);
    const open = options.open ?? ((file: string) => openSqlite(file, { synchronous: 'FULL' }));
    this.#file = path.join(options.folder, 'outbox.db');
    const context = { path: this.#file, open, losses: this.#losses };
    const room = new Room({ folder: options.folder, quotaBytes, clock, log });
    this.#room = room;
    this.#holder = new FileHolder({ context, room, pending: this.#pending, clock, log });
    this.#writer = new Writer({
      holder: this.#holder,
      room,
      losses: this.#losses,
      groupMs: options.groupMs ?? 20,
      memory: options.memory ?? { records: 4096, bytes: 8 * 1024 * 1024 },
      onCommit: () => {
        for (const listener of this.#listeners) listener();
      },
      clock,
      log,
    });
    // What recovery has to tell, and a quota that is smaller than last time.
    this.#writer.flush();
  }

  get epoch(): string {
    return this.#holder.epoch;
  }

  /** The last number given in this epoch; 0 when there was none. */
  get lastSeq(): number {
    return this.#read((file) => file.meta.nextSeq - 1, 0);
  }

  /** Lowest number still held, else the next to be given. */
  base(): number {
    return Math.max(
      this.#settledUpTo + 1,
      this.#read((file) => file.base(), 1),
    );
  }

  /**
   * Keeps records, in order. Many at once are committed in pieces of some thousand.
   * @returns their fate, once it is known; never rejects
   */
  append(bodies: RecordBody | readonly RecordBody[]): Promise<Fate> {
    return this.#writer.append(bodies);
  }

  /**
   * The next records above `after` in order, none above `upTo`, without changing them: at most `limit`, and `maxBytes` of JSON (a small part of
   * a small outbox at most) unless the first alone is larger. None when the file cannot be read now.
   */
  lease(limit: number, maxBytes: number, after = 0, upTo = Number.MAX_SAFE_INTEGER): Leased[] {
    return this.#read((file) => {
      const bytes = Math.min(maxBytes, this.#room.boundBytes / BATCH_PART);
      const leased = file.lease(limit, bytes, { from: Math.max(after, this.#settledUpTo) + 1, to: upTo });
      const last = leased.at(-1);
      if (last) this.#losses.leased(last.seq);
      return leased;
    }, []);
  }

  /**
   * To be told before numbers `from`..`to` are sent: until they are acknowledged the hub may have them or not, so they are the
   * last to be given up.
   */
  onTheWay(from: number, to: number): void {
    const noted = this.#holder.onTheWay({ from, to });
    if (noted.error) this.#log.warn({ err: noted.error }, 'what is on its way to the hub could not be written down');
  }

  /**
   * Obeys an acknowledgement: forgets everything up to `upTo` and in its `ranges`, and keeps what was refused for the user.
   *
   * One that names numbers never given means that this file is an old copy put back: the hub has seen other records under
   * the numbers to come and would drop ours as duplicates. So the epoch is changed (`ahead`); what is held stays.
   */
  ack(ack: Ack): AckOutcome {
    if (ack.epoch !== this.epoch) return 'stale';
    const ends = [...(ack.ranges ?? []), ...(ack.refused ?? [])].map((range) => range.to);
    const highest = Math.max(ack.upTo, ack.ranges?.at(-1)?.to ?? 0);
    const known = this.#read((file) => highest < file.meta.nextSeq, true);
    if (!known) return this.#beginEpoch(highest);
    this.#losses.leased(Math.max(ack.upTo, ...ends));
    const taken = this.#pending.add(ack) || (!this.#holder.settle().error && this.#pending.add(ack));
    const settled = this.#holder.settle();
    if (settled.error) {
      this.#log.warn({ err: settled.error }, 'an acknowledgement could not be written down yet');
      // Tries again later, and tells of damage.
      this.#writer.flush();
    }
    return taken && (!settled.error || ack.upTo <= this.#settledUpTo) ? 'settled' : 'failed';
  }

  /** Takes records out of the way that can never be sent; they are kept with the refused ones. Returns how many. */
  refuse(refusal: Refusal): number {
    return this.#read((file) => {
      this.#losses.leased(refusal.to);
      return refuse(file, [refusal]);
    }, 0);
  }

  /** Calls `listener` after each commit of new records. */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  state(): OutboxState {
    return stateOf({
      file: this.#read((file) => ({ meta: file.meta, bytesOnDisk: file.bytesOnDisk() }), undefined),
      holder: this.#holder,
      room: this.#room,
      writer: this.#writer,
    });
  }

  /** Commits what waits, if the disk lets it, and releases file and folder. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writer.close();
    this.#holder.close();
    this.#unlock();
  }

  #beginEpoch(upTo: number): AckOutcome {
    const begun = this.#holder.use((file) => {
      this.#losses.leased(Number.POSITIVE_INFINITY);
      file.change((transaction) => {
        transaction.draft.epoch = newEpoch();
        transaction.draft.inDoubt = [];
      });
    });
    if (begun.error) {
      this.#log.warn({ err: begun.error }, 'a new epoch could not be begun yet');
      return 'failed';
    }
    noteEpoch(this.#file, this.epoch);
    this.#log.error({ upTo }, 'the hub knows of numbers that this outbox never gave: a new epoch is begun');
    return 'ahead';
  }

  /** Numbers up to this one are settled, though the file may still hold them. */
  get #settledUpTo(): number {
    return this.#pending.settledUpTo(this.epoch);
  }

  #read<T>(run: (file: OutboxFile) => T, otherwise: T): T {
    const outcome = this.#holder.use(run);
    if (!outcome.error) return outcome.value;
    if (!this.#closed) this.#log.error({ err: outcome.error }, 'the outbox could not be read');
    this.#tellOfRecovery();
    return otherwise;
  }

  #tellOfRecovery(): void {
    if (this.#holder.hasAbout) this.#writer.flush();
  }
}
