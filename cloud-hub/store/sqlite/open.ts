/**
 * The hub's database in a data folder: one SQLite file `hub.db` (WAL, synchronous=FULL).
 *
 * Invariants (beside those of database.ts):
 * 1. One connection writes, one transaction or statement after the other. Another one reads; in WAL mode it sees what is committed
 *    and never waits for the writer.
 * 2. Only one process has the folder open: `hub.lock.db` is held locked until the process ends.
 *
 * Crash behaviour: SQLite rolls an unfinished transaction back at the next start; the operating system frees the lock.
 */
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { z } from 'zod';
import { messageOf } from '../../../shared/kit/errors.ts';
import { isCorruption, openSqlite, type SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import {
  type Db,
  defaultTransactionLimits,
  type HubDatabase,
  type Result,
  type TransactionLimits,
  type Value,
} from '../database.ts';
import { takeLock } from '../lock.ts';
import { migrate } from '../migrations.ts';
import { kyselyOver } from '../statement-driver.ts';
import { Transactions } from '../transactions.ts';
import { Turns } from '../turns.ts';
import { Connection, sqliteLanguage } from './connections.ts';
import { sqliteDialect } from './dialect.ts';
import { createReadiness } from './readiness.ts';

/** In the data folder. */
export const DATABASE_FILE = 'hub.db';

const checkpointed = z.array(z.object({ busy: z.number() }));

const MIB = 1024 * 1024;
/** Each record touches a page in every index: a WAL that holds many commits writes those pages back once. */
const WAL_BYTES = 32 * MIB;
const CACHE_BYTES = 64 * MIB;
/** How long a write waits for another program's lock. The event loop stands still meanwhile; devices send again. */
const BUSY_MS = 250;

/**
 * Opens the database of a data folder and brings its schema up to date.
 * @param now milliseconds since 1970, noted beside each schema change
 * @throws Error that says what to do: folder in use, file damaged, written by a newer version
 */
export async function openSqliteDatabase(
  folder: string,
  now: number,
  limits: TransactionLimits = defaultTransactionLimits,
): Promise<HubDatabase> {
  const lock = takeLock(folder);
  const open: SqliteDatabase[] = [lock];
  const closeAll = () => {
    for (const one of open.splice(0).toReversed()) one.close();
  };
  try {
    const file = path.join(folder, DATABASE_FILE);
    const writer = openFile(file);
    open.push(writer);
    // Migrations know no tables but those they make.
    await migrate(new Kysely<unknown>({ dialect: new SqliteDialect({ database: writer }) }), now);
    writer.pragma(`busy_timeout = ${BUSY_MS}`);
    writer.pragma('secure_delete = ON');
    const reader = openSqlite(file, { synchronous: 'FULL', readonly: true, cacheBytes: CACHE_BYTES });
    open.push(reader);
    return databaseOf(writer, reader, folder, limits, closeAll);
  } catch (error) {
    closeAll();
    throw error;
  }
}

function databaseOf(
  writer: SqliteDatabase,
  reader: SqliteDatabase,
  folder: string,
  limits: TransactionLimits,
  closeAll: () => void,
): HubDatabase {
  const turns = new Turns(limits.waitMs);
  const [writing, reading] = [new Connection(writer), new Connection(reader)];
  const transactions = new Transactions(limits);
  const execute = async (text: string, values: readonly Value[]): Promise<Result> => {
    transactions.requireOutside();
    if (reading.prepared(text).readonly) return reading.run(text, values);
    return turns.take(() => writing.run(text, values));
  };
  const dbOf = (run: Db['execute']): Db => ({
    query: kyselyOver(run, sqliteLanguage),
    execute: run,
    dialect: sqliteDialect,
  });

  const begun = async <T>(work: (db: Db) => Promise<T>): Promise<T> => {
    const transaction = transactions.begin();
    const db = dbOf(async (text, values) => {
      transaction.requireOpen();
      return writing.run(text, values);
    });
    try {
      writing.run('BEGIN IMMEDIATE', []);
      const result = await transaction.within(() => work(db));
      writing.run('COMMIT', []);
      return result;
    } catch (error) {
      // Some errors of SQLite end the transaction themselves.
      if (writer.inTransaction) writing.run('ROLLBACK', []);
      throw error;
    } finally {
      transaction.end();
    }
  };

  let closing: Promise<void> | undefined;
  return {
    ...dbOf(execute),
    async transact(work) {
      transactions.requireOutside();
      return turns.take(() => begun(work));
    },
    readiness: createReadiness(writer, folder, turns),
    scrub: () =>
      turns.take(() => {
        const [row] = checkpointed.parse(writer.pragma('wal_checkpoint(TRUNCATE)'));
        if (row?.busy !== 0) throw new Error('another program reads hub.db, so that its WAL keeps what was erased');
      }),
    async close() {
      closing ??= turns
        .close()
        .then(closeAll)
        .finally(() => transactions.close());
      await closing;
    },
  };
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
