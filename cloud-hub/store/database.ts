/**
 * What the parts of the store need of a database, whichever it is. `sqlite/` holds the one of a data folder.
 *
 * Invariants:
 * 1. A statement outside of a transaction commits by itself, and sees only what is committed.
 * 2. The statements of `transact` commit together: when it resolves, its work survives a power cut; when it rejects, nothing of it
 *    happened. Transactions never overlap in what they read and write: each acts as if it were alone (on SQLite they run one
 *    after the other).
 * 3. A transaction is never nested, and while one runs its code reaches the database through it alone: everything else is an
 *    error that says so. When it has ended, its statements are errors too.
 * 4. A transaction that waits or lasts too long is an error, and its work is taken back.
 */
import type { Db } from './dialect.ts';

export type { Db, Result, Value } from './dialect.ts';

/** For /readyz. Each says by its error why a commit would fail, or would be lost. */
export interface Readiness {
  database(): Promise<void>;
  disk(): Promise<void>;
}

export interface TransactOptions {
  /**
   * No other transaction of any hub is open while this one runs: every id that was given is that of a row which is there, or will never be. For
   * whoever looks at "what came after id n" and remembers n: a row gets its id before its transaction commits, and one with a larger id may commit
   * earlier. Its work runs once, so that it may change what is in memory: when a statement of somebody else was in its way all the same, that is an
   * error, as an outage is.
   */
  readonly isAlone?: boolean;
}

export interface HubDatabase extends Db {
  /** Runs `work` in one transaction; perhaps several times, of which one counts. @throws what `work` throws; TransactionError */
  transact<T>(work: (db: Db) => Promise<T>, options?: TransactOptions): Promise<T>;
  readonly readiness: Readiness;
  /** After an erasure: what was erased is in no file any more. @throws Error while somebody reads the database */
  scrub(): Promise<void>;
  /** Waits for what runs, and refuses what comes later. It may be called twice. */
  close(): Promise<void>;
}

/** A transaction was used wrongly, or waited or lasted too long. */
export class TransactionError extends Error {
  readonly code: 'NESTED' | 'ENDED' | 'WAITED' | 'LASTED' | 'CLOSED';

  constructor(code: TransactionError['code'], message: string) {
    super(message);
    this.name = 'TransactionError';
    this.code = code;
  }
}

export interface TransactionLimits {
  /** How long a transaction waits for its turn, and how long it may last; milliseconds. */
  readonly waitMs: number;
  readonly lastMs: number;
  /**
   * Find out at once when code inside of a transaction goes around it. It costs a tenth of ingest on Node 20 (hooks on every promise), so
   * that a hub at work does without: a nested transaction waits for itself there, and ends as one that waited too long.
   */
  readonly isWatched: boolean;
}

export const defaultTransactionLimits: TransactionLimits = { waitMs: 30_000, lastMs: 30_000, isWatched: true };
