/**
 * The outbox's file `outbox.db`: SQLite, WAL, `synchronous=FULL`. Beside it `outbox.reserve` (space/reserve.ts)
 * and `outbox.epoch` (epoch-note.ts).
 *
 * Format (`user_version` 3):
 *   meta     one row, `state` a JSON document (`metaState`): epoch, next number, tallies of what is held, counters, starts
 *   meta_copy  the same on another page: if one is damaged, the other says what was held and is lost
 *   records_0 … records_3
 *            one table per rank (rank.ts): seq (rowid), bytes (of the JSON in UTF-8), body (JSON text of a `RecordBody`), or
 *            sealed (the same under a key, shared/kit/seal.ts; then body is empty).
 *            Records are added at one end and deleted at the other, so that eviction frees whole pages.
 *   refused  what the hub or the uplink refused, kept for the user: epoch, seq, reason, bytes, body, sealed; bounded, oldest go
 *
 * Invariants:
 * 1. Numbers rise by one from 1 and are never used twice in an epoch, whatever is deleted: `nextSeq` lives in `meta` and
 *    changes in the transaction that inserts.
 * 2. `meta.held` equals a recount of the records, so that opening is O(1) in the backlog.
 * 3. A record that was leased is never changed, except that an order to erase takes its picture out.
 * 4. What is in doubt (`meta.inDoubt`) is evicted last. It is written with the next change, or at once where room is short: a
 *    file from which something has to be evicted always knows what was sent.
 * 5. The last of `meta.starts` is this opening of the file. It is written with the next change, so that no number of it is in
 *    the file without it.
 * 6. After every commit, file, WAL and reserve are brought within the quota, or within what the disk has of it
 *    (space/disk-space.ts, space/evict.ts), as far as there is something to evict. The WAL is small compared with the quota
 *    (space/sizes.ts).
 * 7. Pages in use hold nothing of what was deleted (`secure_delete`); free pages may, until `scrub` gives them back. After it no byte
 *    of what was deleted is in the file or in its WAL.
 * 8. `meta.keys` and `meta.plain` say how texts in it may be kept; they change before the first such text is there, and after the last.
 *
 * Crash behaviour: every change is one transaction; after a crash or a power cut the file holds exactly the committed ones.
 */
import { statSync } from 'node:fs';
import { z } from 'zod';
import type { Range } from '../../../shared/kit/ranges.ts';
import { noSealer, type Sealer } from '../../../shared/kit/seal.ts';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { DamagedFileError, type Leased, type MetaState, parseMeta, tableOf } from './format.ts';
import { isAnother, type Place, placeOf } from './place.ts';
import { byRank, RANKS } from './rank.ts';
import { newStart, withStart } from './starts.ts';
import { create } from './tables.ts';
import { isToReseal, keysAfterOpening, keysOfNew, type Stored, type Texts, textsOf } from './texts.ts';
import { FileTransaction } from './transaction.ts';

/** Free pages that one transaction gives back: as many of others may move into their places, by way of the WAL. */
const SCRUB_PAGES = 256;

/** seq, bytes, body, sealed, and whether SQLite takes the body for JSON. */
type LeasedRow = [seq: number, bytes: number, body: Stored['body'], sealed: Stored['sealed'], valid: number];

export class OutboxFile {
  readonly path: string;
  readonly #database: SqliteDatabase;
  readonly #transaction: FileTransaction;
  readonly #sealer: Sealer;
  readonly #texts: Texts;
  readonly #lease;
  readonly #lowest;
  readonly #saveMeta;
  readonly #saveCopy;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  readonly #pageBytes: number;
  readonly #place: Place | undefined;
  #meta: MetaState;

  /**
   * Takes over an open database: makes the tables of a new one, reads the state of an old one.
   * @param sealer how texts are kept from now on; default: plain
   * @throws DamagedFileError (also for a lost key), a SQLite error, or CodedError when the file is of a newer version, or
   *         sealed and there is no key at all
   */
  constructor(database: SqliteDatabase, path: string, sealer: Sealer = noSealer) {
    this.path = path;
    this.#database = database;
    this.#sealer = sealer;
    this.#texts = textsOf(sealer);
    database.pragma('secure_delete = FAST');
    create(database, path, sealer);
    this.#place = placeOf(path);
    const found = readMeta(database);
    this.#meta = { ...found, ...keysAfterOpening(found, sealer, path) };
    this.#transaction = new FileTransaction(database, this.#texts);
    this.#pageBytes = Number(database.pragma('page_size', { simple: true }));
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
    this.#saveMeta = database.prepare<[string]>('UPDATE meta SET state = ?');
    this.#saveCopy = database.prepare<[string]>('UPDATE meta_copy SET state = ?');
    this.#lowest = database.prepare<{ from: number }, number | null>(ofAll('min', 'WHERE seq >= $from')).pluck();
    const above = RANKS.map(
      (rank) =>
        `SELECT seq, bytes, body, sealed, json_valid(body) FROM ${tableOf(rank)} WHERE seq BETWEEN $from AND $to`,
    );
    // Rows as arrays: objects take half as long again.
    this.#lease = database
      .prepare<[Range & { limit: number }], LeasedRow>(`${above.join(' UNION ALL ')} ORDER BY seq LIMIT $limit`)
      .raw();
    const { starts, nextSeq } = this.#meta;
    this.#meta = { ...this.#meta, starts: withStart(starts, newStart(nextSeq), this.base()) };
  }

  get meta(): Readonly<MetaState> {
    return this.#meta;
  }

  /** Runs `run` in one transaction; the tallies it changes are kept only when it commits. */
  change<T>(run: (transaction: FileTransaction) => T): T {
    const held = this.#meta.held;
    const draft: MetaState = { ...this.#meta, held: byRank((rank) => ({ ...held[rank] })) };
    this.#begin.run();
    try {
      const result = this.#transaction.run(draft, run);
      const state = JSON.stringify(draft);
      this.#saveMeta.run(state);
      this.#saveCopy.run(state);
      this.#commit.run();
      this.#meta = draft;
      return result;
    } catch (error) {
      // SQLite has rolled back by itself after some failures, a full disk among them.
      if (this.#database.inTransaction) this.#rollback.run();
      throw error;
    }
  }

  /** As `change`; what it deletes is overwritten at once, so that nothing of it gets into a page that the same change takes anew. */
  erase<T>(run: (transaction: FileTransaction) => T): T {
    this.#database.pragma('secure_delete = ON');
    try {
      return this.change(run);
    } finally {
      this.#database.pragma('secure_delete = FAST');
    }
  }

  /** Notes what is on its way to the hub. It is written down with the next change. */
  noteInDoubt(inDoubt: readonly Range[]): void {
    this.#meta = { ...this.#meta, inDoubt: [...inDoubt] };
  }

  /** The first records of a range in order: at most `limit`, and `maxBytes` unless the first alone is larger. */
  lease(limit: number, maxBytes: number, { from, to }: Range): Leased[] {
    const leased: Leased[] = [];
    let bytes = 0;
    for (const [seq, size, body, sealed, valid] of this.#lease.iterate({ from, to, limit })) {
      bytes += size;
      if (leased.length > 0 && bytes > maxBytes) break;
      const json = sealed ? this.#texts.read({ body, sealed }) : body;
      // SQLite looks no further than a NUL.
      leased.push({ seq, bytes: size, json, isJson: sealed !== null || (valid === 1 && !json.includes('\0')) });
    }
    return leased;
  }

  /** Are there texts in it that are not kept as new ones are: plain, or under another key? */
  get isToReseal(): boolean {
    return isToReseal(this.#meta, this.#sealer);
  }

  /** All its texts are kept as new ones are. */
  noteResealed(): void {
    this.change(({ draft }) => Object.assign(draft, keysOfNew(this.#sealer)));
  }

  /** Lowest number still held, of those from `from` on; else the next to be given. */
  base(from = 1): number {
    return this.#lowest.get({ from }) ?? this.#meta.nextSeq;
  }

  /** Size of the file in pages, and its WAL in bytes. */
  size(): { pages: number; freePages: number; pageBytes: number; walBytes: number } {
    return {
      pages: this.#transaction.pages(),
      freePages: this.#transaction.freePages(),
      pageBytes: this.#pageBytes,
      walBytes: statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    };
  }

  /** Bytes on the disk: the file as it will be after a checkpoint, and the WAL. */
  bytesOnDisk(): number {
    const size = this.size();
    return size.pages * size.pageBytes + size.walBytes;
  }

  /** Does the path name another file by now? */
  isElsewhere(): boolean {
    return isAnother(this.#place, placeOf(this.path));
  }

  /** Bytes that file and WAL have allocated now. */
  allocatedBytes(): number {
    return (statSync(this.path, { throwIfNoEntry: false })?.size ?? 0) + this.size().walBytes;
  }

  /** How large the WAL becomes before SQLite writes it back, and after that. */
  boundWal({ walPages, walBoundBytes }: { readonly walPages: number; readonly walBoundBytes: number }): void {
    this.#database.pragma(`wal_autocheckpoint = ${walPages}`);
    this.#database.pragma(`journal_size_limit = ${walBoundBytes}`);
  }

  /** Writes the WAL back into the file and empties it. */
  checkpoint(): void {
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  /**
   * Leaves no byte of what was deleted in the file and its WAL. A file of an older version, which did not overwrite, is
   * rebuilt as a whole, once: that takes its size again for a while.
   * @throws SQLite's error, or that somebody else reads the file just now; then it is done by calling again
   */
  scrub(): void {
    if (!this.#meta.secure) {
      this.#database.exec('VACUUM');
      this.change((transaction) => {
        transaction.draft.secure = true;
      });
    }
    while (this.#transaction.freePages() > 0) this.change((transaction) => transaction.releasePages(SCRUB_PAGES));
    // Whoever reads the file must not hold the agent up.
    this.#database.pragma('busy_timeout = 100');
    const [row] = checkpointed.parse(this.#database.pragma('wal_checkpoint(TRUNCATE)'));
    this.#database.pragma('busy_timeout = 5000');
    if (row?.busy !== 0)
      throw new Error(`another program reads ${this.path}, so that its WAL keeps what was erased; end that program`);
  }

  close(): void {
    this.#database.close();
  }
}

const checkpointed = z.array(z.object({ busy: z.number() }));

/** The lowest or highest number over all tables; it reads only the edge of each table's tree. */
function ofAll(edge: 'min' | 'max', where = ''): string {
  const edges = RANKS.map((rank) => `SELECT ${edge}(seq) AS seq FROM ${tableOf(rank)} ${where}`);
  return `SELECT ${edge}(seq) FROM (${edges.join(' UNION ALL ')})`;
}

function readMeta(database: SqliteDatabase): MetaState {
  const text = database.prepare<[], string>('SELECT state FROM meta').pluck().get();
  const highest = database.prepare<[], number | null>(ofAll('max')).pluck().get() ?? 0;
  const state = parseMeta(text);
  if (!state) throw new DamagedFileError('its `meta` row cannot be read');
  if (highest >= state.nextSeq)
    throw new DamagedFileError(`it holds number ${highest}, but the next is ${state.nextSeq}`);
  return state;
}
