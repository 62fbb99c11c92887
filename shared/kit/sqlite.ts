/** Opening SQLite files with the pragmas that every durable file of ours needs. */
import Database from 'better-sqlite3';

export type SqliteDatabase = Database.Database;
/** Its values are bound as one list. */
export type SqliteStatement = Database.Statement<unknown[]>;

export interface SqliteOptions {
  /** `FULL`: a commit survives a power cut. `NORMAL`: it survives a crash of the process. */
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly readonly?: boolean;
  /** Bytes of the WAL at which SQLite writes it back; default: its own 4 MB. A large one costs disk and saves writing twice. */
  readonly walBytes?: number;
  /** Bytes of pages kept in memory; default: SQLite's own. */
  readonly cacheBytes?: number;
}

const DEFAULT_WAL_LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Opens (and creates) a database in WAL mode, with a bounded WAL file and a quick structural check.
 * @throws the SQLite error, with code SQLITE_NOTADB or SQLITE_CORRUPT for a damaged file
 */
export function openSqlite(file: string, options: SqliteOptions): SqliteDatabase {
  const database = new Database(file, { readonly: options.readonly ?? false, timeout: 5000 });
  try {
    if (!options.readonly) {
      database.pragma('journal_mode = WAL');
      database.pragma(`synchronous = ${options.synchronous}`);
      database.pragma(`journal_size_limit = ${Math.max(DEFAULT_WAL_LIMIT_BYTES, 2 * (options.walBytes ?? 0))}`);
      if (options.walBytes) {
        const pageBytes = Number(database.pragma('page_size', { simple: true }));
        database.pragma(`wal_autocheckpoint = ${Math.ceil(options.walBytes / pageBytes)}`);
      }
      if (options.cacheBytes) database.pragma(`cache_size = ${-Math.ceil(options.cacheBytes / 1024)}`);
      database.pragma('foreign_keys = ON');
    }
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Is this failure a damaged database file? */
export function isCorruption(thrown: unknown): boolean {
  return hasCode(thrown, (code) => code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'));
}

const FULL_CODES = new Set([
  'SQLITE_FULL',
  'SQLITE_IOERR_WRITE',
  // The WAL's index, a file of its own, could not grow.
  'SQLITE_IOERR_SHMSIZE',
  'ENOSPC',
]);

/** Is this failure a full disk or a reached size limit? */
export function isFull(thrown: unknown): boolean {
  return hasCode(thrown, (code) => FULL_CODES.has(code));
}

/** Does the disk take no writes at all: read-only, or damaged? Also of what the file system itself has thrown. */
export function isUnwritable(thrown: unknown): boolean {
  return hasCode(thrown, (code) => code === 'EROFS' || code === 'EIO' || /^SQLITE_(READONLY|IOERR)/.test(code));
}

/** Does another connection hold the lock? */
export function isBusy(thrown: unknown): boolean {
  return hasCode(thrown, (code) => code.startsWith('SQLITE_BUSY'));
}

function hasCode(thrown: unknown, test: (code: string) => boolean): boolean {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && test(thrown.code);
}
