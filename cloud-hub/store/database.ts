/**
 * The hub's database: one SQLite file `hub.db` (WAL, synchronous=FULL) behind kysely.
 *
 * Invariants:
 * 1. One connection. Statements through `query` are single and commit by themselves; what must be atomic runs inside
 *    `transact`, which is synchronous, so that nothing can come between.
 * 2. Only one process has the folder open: `hub.lock.db` is held locked until the process ends.
 * 3. When `transact` returns, its work survives a power cut; when it throws, nothing of it happened.
 *
 * Crash behaviour: SQLite rolls an unfinished transaction back at the next start; the operating system frees the lock.
 */
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { z } from 'zod';
import { messageOf } from '../../shared/kit/errors.ts';
import { isCorruption, openSqlite, type SqliteDatabase } from '../../shared/kit/sqlite.ts';
import { takeLock } from './lock.ts';
import { migrate } from './migrations.ts';
import { createReadiness } from './readiness.ts';
import type { Tables } from './tables.ts';

/** In the data folder. */
export const DATABASE_FILE = 'hub.db';

const checkpointed = z.array(z.object({ busy: z.number() }));

const MIB = 1024 * 1024;
/** Each record touches a page in every index: a WAL that holds many commits writes those pages back once. */
const WAL_BYTES = 32 * MIB;
const CACHE_BYTES = 64 * MIB;
/** How long a write waits for another program's lock. The event loop stands still meanwhile; devices send again. */
const BUSY_MS = 250;

export interface HubDatabase {
  readonly query: Kysely<Tables>;
  /** Prepares a statement of the hot path; keep it. */
  readonly prepare: SqliteDatabase['prepare'];
  /** Runs `work` in one transaction and commits it to disk. */
  transact<T>(work: () => T): T;
  /** For /readyz. */
  readonly readiness: ReturnType<typeof createReadiness>;
  /** Writes the WAL back and empties it: what was erased is in no file any more. @throws Error while somebody reads the database */
  emptyWal(): void;
  close(): void;
}

/**
 * Opens the database of a data folder and brings its schema up to date.
 * @param now milliseconds since 1970, noted beside each schema change
 * @throws Error that says what to do: folder in use, file damaged, written by a newer version
 */
export async function openDatabase(folder: string, now: number): Promise<HubDatabase> {
  const lock = takeLock(folder);
  try {
    const sqlite = openFile(path.join(folder, DATABASE_FILE));
    const query = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
    try {
      // Migrations know no tables but those they make.
      await migrate(query as unknown as Kysely<unknown>, now);
      sqlite.pragma(`busy_timeout = ${BUSY_MS}`);
      sqlite.pragma('secure_delete = ON');
    } catch (error) {
      sqlite.close();
      throw error;
    }
    return {
      query,
      prepare: sqlite.prepare.bind(sqlite),
      transact: (work) => sqlite.transaction(work).immediate(),
      readiness: createReadiness(sqlite, folder),
      emptyWal() {
        const [row] = checkpointed.parse(sqlite.pragma('wal_checkpoint(TRUNCATE)'));
        if (row?.busy !== 0) throw new Error('another program reads hub.db, so that its WAL keeps what was erased');
      },
      close() {
        sqlite.close();
        lock.close();
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}

function openFile(file: string): SqliteDatabase {
  try {
    // Pictures of people are nobody else's business; SQLite gives the WAL the mode of the database.
    closeSync(openSync(file, 'a', 0o600));
    return openSqlite(file, { synchronous: 'FULL', walBytes: WAL_BYTES, cacheBytes: CACHE_BYTES });
  } catch (error) {
    if (!isCorruption(error)) throw error;
    throw new Error(
      `${file} is damaged (${messageOf(error)}). Restore it from a backup, or move it aside to begin with an empty one.`,
      { cause: error },
    );
  }
}
