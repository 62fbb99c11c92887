/**
 * The durable outbox: what the agent has to say waits here until the hub has committed it.
 *
 * 1. `append` resolves `committed` only after the commit. Commits are grouped, so that a burst costs one flush of the disk.
 * 2. Only an acknowledgement of this epoch, a refusal, or eviction deletes a record. `loss` records count what was evicted.
 * 3. A full disk lowers the quota to what there is (space/): the least valuable older records are evicted, newer ones are kept,
 *    and acknowledgements still work. While the disk takes nothing at all, records and acknowledgements wait in bounded
 *    memory, and the commit is tried again with backoff. A crash can lose only these records and those younger than `groupMs`.
 * 4. Damage never ends the process, whether it is found at the start or later: the file is moved aside and a new epoch begins
 *    (file/recover.ts). Callers that keep numbers must compare `epoch`.
 *
 * The states of a record: README.md. The file itself: file/outbox-file.ts.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Ack, Refusal } from '../../shared/contract/messages/batch.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Range } from '../../shared/kit/ranges.ts';
import { isFull, openSqlite } from '../../shared/kit/sqlite.ts';
import { PendingAcks } from './acks/pending-acks.ts';
import { settle } from './acks/settle.ts';
import { Settler } from './acks/settler.ts';
import { type Erased, eraseHeld, expireHeld, type Judge } from './erase.ts';
import type { AckOutcome, Position, Taken, Wanted } from './exchange.ts';
import { noteEpoch } from './file/epoch-note.ts';
import type { Leased } from './file/format.ts';
import { OUTBOX_FILE } from './file/format.ts';
import { lockFolder } from './file/lock.ts';
import type { OutboxFile } from './file/outbox-file.ts';
import type { OpenContext } from './file/recover.ts';
import { beginEpoch } from './file/tables.ts';
import { FileHolder } from './file-holder.ts';
import { type OutboxOptions, quotaOf } from './options.ts';
import { type OutboxState, stateOf } from './outbox-state.ts';
import { resealHeld } from './reseal.ts';
import { DiskSpace } from './space/disk-space.ts';
import { LossWriter } from './space/losses.ts';
import { Reserve } from './space/reserve.ts';
import { Writer } from './writer.ts';

/** A batch takes at most this part of the outbox (one 32nd), so that records in doubt do not fill it. */
const BATCH_PART = 32;

/**
 * Opens the outbox of a data folder. O(1) in the backlog, unless the file is damaged.
 * @throws CodedError `config-invalid` when another agent uses the folder or the file is of a newer version
 * @throws RangeError for a quota below 4 MiB
 */
export function openOutbox(options: OutboxOptions): Outbox {
  const quotaBytes = quotaOf(options);
  mkdirSync(options.folder, { recursive: true });
  try {
    try {
      return begin(options, quotaBytes);
    } catch (error) {
      // On a full disk, even the lock file needs some space.
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
  readonly #clock: Clock;
  readonly #file: string;
  #unlock: () => void;
  readonly #losses: LossWriter;
  readonly #holder: FileHolder;
  readonly #writer: Writer;
  readonly #space: DiskSpace;
  readonly #pending = new PendingAcks();
  readonly #settler: Settler;
  /** Keeps records, as `Writer.append` says. */
  readonly append: Writer['append'];
  readonly #listeners = new Set<() => void>();
  #closed = false;

  /** Use `openOutbox`. */
  constructor(options: OutboxOptions, quotaBytes: number, unlock: () => void) {
    const { clock, log } = options;
    this.#log = log;
    this.#clock = clock;
    this.#unlock = unlock;
    this.#losses = new LossWriter(options.stamp);
    const open = options.open ?? ((file: string) => openSqlite(file, { synchronous: 'FULL' }));
    this.#file = path.join(options.folder, OUTBOX_FILE);
    const losses = this.#losses;
    const report: OpenContext['report'] = (...of) => losses.ofDamage(...of);
    const context: OpenContext = { path: this.#file, open, report, sealer: options.sealer };
    const space = new DiskSpace({ folder: options.folder, quotaBytes, clock, log });
    this.#space = space;
    const lockAgain = () => {
      this.#unlock();
      this.#unlock = () => undefined;
      this.#unlock = lockFolder(options.folder);
    };
    this.#holder = new FileHolder({ context, space, losses, pending: this.#pending, lockAgain, clock, log });
    this.#writer = new Writer({
      holder: this.#holder,
      space,
      losses,
      groupMs: options.groupMs ?? 20,
      memory: options.memory ?? { records: 4096, bytes: 8 * 1024 * 1024 },
      onCommit: () => {
        for (const listener of this.#listeners) listener();
      },
      clock,
      log,
    });
    const settle = () => this.#holder.settle();
    this.#settler = new Settler({ pending: this.#pending, settle, retry: () => this.#writer.flush(), clock, log });
    this.append = this.#writer.append.bind(this.#writer);
    // Appends the report of a recovery, and evicts when the quota is smaller than last time.
    this.#writer.flush();
  }

  get epoch(): string {
    return this.#holder.epoch;
  }

  /** The epoch and the last number given in it; both are of the same file. */
  position(): Position {
    const lastSeq = this.lastSeq;
    return { epoch: this.epoch, lastSeq };
  }

  /** The last number given in this epoch; 0 when there was none. */
  get lastSeq(): number {
    return this.#read((file) => file.meta.nextSeq - 1, 0);
  }

  /** Lowest number still held, else the next to be given. */
  base(): number {
    const base = this.#read((file) => file.base(), 1);
    return Math.max(this.#knownUpTo + 1, base);
  }

  /**
   * Reads the next records above `after` in order, none above `upTo`, without changing them: at most `limit` records and
   * `maxBytes` of JSON (less in a small outbox). The first record is always included, even if it alone is larger. Empty when
   * the file cannot be read now.
   */
  lease(limit: number, maxBytes: number, after = 0, upTo = Number.MAX_SAFE_INTEGER): Leased[] {
    return this.#read((file) => {
      const bytes = Math.min(maxBytes, this.#space.boundBytes / BATCH_PART);
      const leased = file.lease(limit, bytes, { from: Math.max(after, this.#knownUpTo) + 1, to: upTo });
      const last = leased.at(-1);
      if (last) this.#losses.leased(last.seq);
      return leased;
    }, []);
  }

  /**
   * Leases records and notes that they are in doubt: from now on until they are acknowledged the hub may have them or not, so
   * they are evicted last. The caller sends what it takes.
   * @returns undefined when there is nothing, the file cannot be read now, or its epoch is another one
   */
  take({ epoch, after, upTo, limit, maxBytes }: Wanted): Taken | undefined {
    const leased = this.epoch === epoch ? this.lease(limit, maxBytes, after, upTo) : [];
    const last = leased.at(-1);
    if (!last) return undefined;
    const base = this.base();
    // Reading may have found damage: then these numbers are of the old file.
    if (this.epoch !== epoch) return undefined;
    const noted = this.#holder.onTheWay({ from: after + 1, to: last.seq });
    if (noted.error) this.#log.warn({ err: noted.error }, 'what is on its way to the hub could not be written down');
    const none: Pick<Taken, 'starts' | 'earlier'> = { starts: [], earlier: [] };
    const { starts, earlier } = this.#read<typeof none>((file) => file.meta, none);
    return { base, given: Math.max(last.seq, this.lastSeq), leased, starts, earlier };
  }

  /**
   * Deletes what an acknowledgement covers: everything up to `upTo` and in its `ranges`. Keeps refused records for the user.
   *
   * If the hub has other records under our numbers (`forkedAt`), or knows numbers that were never given, then this file is an old
   * copy that was put back, or another copy of it is in use: the hub would drop our records as duplicates. So a new epoch begins
   * (`forked`); the records that are held stay, and those from before the fork keep their earlier names too.
   * @param more others are expected within milliseconds: it may wait for them in memory, and share their transaction
   */
  ack(ack: Ack, more = false): AckOutcome {
    if (ack.epoch !== this.epoch) return 'stale';
    if (ack.start !== undefined && ack.start !== this.#start) return 'stale';
    if (ack.forkedAt !== undefined) return this.#beginEpoch(ack.forkedAt);
    const ends = [...(ack.ranges ?? []), ...(ack.refused ?? [])].map((range) => range.to);
    const highest = Math.max(ack.upTo, ack.ranges?.at(-1)?.to ?? 0);
    const known = this.#read((file) => highest < file.meta.nextSeq, true);
    if (!known) return this.#beginEpoch(this.base());
    this.#losses.leased(Math.max(ack.upTo, ...ends));
    if (!this.#settler.add(ack, more)) return 'failed';
    // Written down now or remembered: either way it is not sent again, unless damage has begun another epoch meanwhile.
    return this.epoch === ack.epoch ? 'settled' : 'failed';
  }

  /** Moves records that can never be sent to the refused ones. Returns how many. */
  refuse(refusal: Refusal): number {
    this.#settler.first();
    return this.#read((file) => {
      this.#losses.leased(refusal.to);
      return settle(file, { known: [], refused: [refusal] }).refused;
    }, 0);
  }

  /** Calls `listener` after each commit of new records (and sometimes without need). */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @see eraseHeld */
  erase(judge: Judge): Promise<Erased> {
    this.#settler.first();
    return eraseHeld(judge, this.#parts);
  }

  /** @see expireHeld */
  expire(judge: Judge, range: Range, reason: string): Promise<Erased> {
    this.#settler.first();
    return expireHeld(judge, range, reason, this.#parts);
  }

  /** @see resealHeld */
  reseal(): Promise<boolean> {
    return resealHeld(this.#parts);
  }

  state(): OutboxState {
    return stateOf({
      file: this.#read((file) => ({ meta: file.meta, bytesOnDisk: file.bytesOnDisk() }), undefined),
      holder: this.#holder,
      space: this.#space,
      writer: this.#writer,
    });
  }

  /** Commits what waits, if the disk lets it, and releases file and folder. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settler.stop();
    this.#writer.close();
    this.#holder.close();
    this.#unlock();
  }

  /** The id of the present opening of the file. */
  get #start(): string | undefined {
    return this.#read((file) => file.meta.starts.at(-1)?.id, undefined);
  }

  /** @param below numbers below it are the same records in the epoch that ends */
  #beginEpoch(below: number): AckOutcome {
    this.#settler.first();
    const begun = this.#holder.use((file) => {
      this.#losses.leased(Number.POSITIVE_INFINITY);
      file.change(({ draft }) => beginEpoch(draft, below));
    });
    if (begun.error) {
      this.#log.warn({ err: begun.error }, 'a new epoch could not be begun yet');
      return 'failed';
    }
    noteEpoch(this.#file, this.epoch);
    this.#log.error({ below }, 'the hub has records of another copy of this outbox: a new epoch is begun');
    return 'forked';
  }

  get #parts() {
    return { holder: this.#holder, writer: this.#writer, losses: this.#losses, pause: () => this.#clock.sleep(0) };
  }

  /** The hub has the numbers up to this one, though the file may still hold them. */
  get #knownUpTo(): number {
    return this.#pending.knownUpTo(this.epoch);
  }

  #read<T>(run: (file: OutboxFile) => T, otherwise: T): T {
    const outcome = this.#holder.use(run);
    if (!outcome.error) return outcome.value;
    if (!this.#closed) this.#log.error({ err: outcome.error }, 'the outbox could not be read');
    if (this.#holder.hasReport) this.#writer.flush();
    return otherwise;
  }
}
