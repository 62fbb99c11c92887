/**
 * The hub's database on a PostgreSQL server, which several programs may share. One hub leads (lease.ts).
 *
 * Invariants (beside those of database.ts):
 * 1. A transaction is serialisable (PostgreSQL, "Serializable Isolation Level"), and so is a single statement that writes: also beside those of
 *    other hubs each acts as if it were alone. The server takes back one of those that could not, and it runs again, now without any other beside
 *    it. So the work of a transaction may run several times, and changes nothing outside of the database. Where it asked to be alone it runs once.
 * 2. Transactions of one hub run one after the other: without a second hub there is nobody to meet.
 * 3. What only reads runs on connections that cannot write, and sees what is committed.
 *
 * Crash behaviour: the server rolls back what it was not asked to commit. When the connection ends during a commit nobody knows what came of it:
 * that is an error, devices send again, and the ledger knows what is there.
 */
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { systemClock } from '../../../shared/kit/clock.ts';
import type { DatabaseAddress } from '../../database-address.ts';
import {
  type Db,
  defaultTransactionLimits,
  type HubDatabase,
  type Readiness,
  type Result,
  TransactionError,
  type TransactionLimits,
  type Value,
} from '../database.ts';
import { kyselyOver } from '../statement-driver.ts';
import { Transactions } from '../transactions.ts';
import { Turns } from '../turns.ts';
import { connectPostgres, type Pools, run } from './connection.ts';
import { postgresDialect } from './dialect.ts';
import { describeFailure, triesFor, waitBefore } from './failures.ts';
import { postgresLanguage } from './language.ts';
import { migratePostgres } from './migrations.ts';
import { createReadiness, requireServer } from './readiness.ts';

export interface PostgresOptions {
  /** Of what the hub keeps beside the database. */
  readonly folder: string;
  readonly limits?: TransactionLimits;
  /** Told of connections that the server or the network ended. */
  readonly onError?: (error: Error) => void;
  /** Of the hub that leads (lease.ts); undefined: whoever leads, this program may work too. */
  readonly term?: number | undefined;
}

/**
 * Opens the database and brings its schema up to date.
 * @param now milliseconds since 1970, noted beside each schema change
 * @throws Error that says what to do: no server, no right, too old, written by a newer hub
 */
export async function openPostgresDatabase(
  address: DatabaseAddress,
  now: number,
  { folder, limits = defaultTransactionLimits, onError = () => undefined, term }: PostgresOptions,
): Promise<HubDatabase> {
  const pools = connectPostgres(address, onError, term);
  try {
    await requireServer(pools.readers);
    await migratePostgres(new Kysely<unknown>({ dialect: new PostgresDialect({ pool: pools.writers }) }), now);
    return databaseOf(pools, limits, createReadiness(pools, address, folder));
  } catch (error) {
    await pools.close();
    throw new Error(describeFailure(error, address.shown), { cause: error });
  }
}

/** The first try runs beside those of others; the next waits for them, and they wait for it. A lock of a table is there before the transaction looks at anything. */
const BEGIN = 'BEGIN; LOCK TABLE schema_version IN ROW SHARE MODE';
const BEGIN_ALONE = 'BEGIN; LOCK TABLE schema_version IN EXCLUSIVE MODE';

const READS = /^\s*select\b/i;

function databaseOf(pools: Pools, limits: TransactionLimits, readiness: Readiness): HubDatabase {
  const turns = new Turns(limits.waitMs);
  const nameOf = statementNames();
  const transactions = new Transactions(limits);
  const single = (named: boolean) => async (text: string, values: readonly Value[]) => {
    transactions.requireOutside();
    const name = named ? nameOf(text) : undefined;
    if (READS.test(text)) return run(pools.readers, text, values, name);
    return again(() => run(pools.writers, text, values, name));
  };
  const dbOf = (execute: (named: boolean) => Db['execute']): Db => ({
    query: kyselyOver(execute(false), postgresLanguage),
    execute: execute(true),
    dialect: postgresDialect,
  });

  /** One try. */
  const begun = async <T>(client: PoolClient, begin: string, work: (db: Db) => Promise<T>): Promise<T> => {
    const transaction = transactions.begin();
    const db = dbOf((named) => async (text, values): Promise<Result> => {
      transaction.requireOpen();
      return run(client, text, values, named ? nameOf(text) : undefined);
    });
    try {
      await client.query(begin);
      const result = await transaction.within(() => work(db));
      const { command } = await client.query('COMMIT');
      // The server answers so, and reports no error, when one of the statements had failed.
      if (command === 'ROLLBACK')
        throw new Error('a statement of the transaction had failed: nothing of it was written');
      return result;
    } finally {
      transaction.end();
    }
  };

  const tryOnce = async <T>(begin: string, work: (db: Db) => Promise<T>): Promise<T> => {
    const client = await pools.writers.connect();
    let isClean = false;
    try {
      const result = await begun(client, begin, work);
      isClean = true;
      return result;
    } catch (error) {
      const isTooLong = error instanceof TransactionError && error.code === 'LASTED';
      // A connection that is busy or broken is given up: its end takes the transaction back.
      isClean =
        !isTooLong &&
        (await client.query('ROLLBACK').then(
          () => true,
          () => false,
        ));
      throw error;
    } finally {
      client.release(!isClean);
    }
  };

  let closing: Promise<void> | undefined;
  return {
    ...dbOf(single),
    async transact(work, { isAlone = false } = {}) {
      transactions.requireOutside();
      if (isAlone) return turns.take(() => tryOnce(BEGIN_ALONE, work));
      return turns.take(() => again((failed) => tryOnce(failed === 0 ? BEGIN : BEGIN_ALONE, work)));
    },
    readiness,
    // Rows that are gone leave their pages; the server's log and backups of it are not ours.
    scrub: () => vacuum(pools.writers),
    close() {
      closing ??= turns
        .close()
        .then(() => pools.close())
        .finally(() => transactions.close());
      return closing;
    },
  };
}

/** Runs it until nobody else was in its way, or too often. */
async function again<T>(work: (failed: number) => Promise<T>): Promise<T> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await work(failed - 1);
    } catch (error) {
      if (failed >= triesFor(error)) throw error;
      await systemClock.sleep(waitBefore(failed, Math.random()));
    }
  }
}

/** The server keeps a plan for each, on each connection. */
const MAX_NAMES = 1000;

function statementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_NAMES) return known;
    const name = `hub_${names.size}`;
    names.set(text, name);
    return name;
  };
}

async function vacuum(pool: Pool): Promise<void> {
  await pool.query('VACUUM');
}
