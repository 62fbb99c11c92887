/** Which database the store is on: the file in its folder, or one of a PostgreSQL server. */

import type { SqliteDatabase } from '../../shared/kit/sqlite.ts';
import type { DatabaseAddress } from '../database-address.ts';
import type { HubDatabase, TransactionLimits } from './database.ts';
import { takeLock } from './lock.ts';
import { type LeaseOptions, takeLease } from './postgres/lease.ts';
import { openPostgresDatabase } from './postgres/open.ts';
import { openSqliteDatabase } from './sqlite/open.ts';
import { rememberWhereabouts, requireWhereabouts } from './whereabouts.ts';

export interface DatabaseChoice {
  /** Undefined: a file in the folder. */
  readonly address?: DatabaseAddress | undefined;
  readonly transaction?: TransactionLimits | undefined;
  /** Told of connections that the server or the network ended. */
  readonly onError?: (error: Error) => void;
  /** The hub leads, or waits until it may; of a file its folder sees to that. Absent: whoever leads, this program may work too. */
  readonly lease?: LeaseOptions;
}

/**
 * Opens the database and brings its schema up to date. One hub has the folder, whatever the database is: models and keys are in it too.
 * @param now milliseconds since 1970
 * @throws Error that says what to do
 */
export async function openDatabase(folder: string, now: number, choice: DatabaseChoice = {}): Promise<HubDatabase> {
  const { address, transaction, onError } = choice;
  requireWhereabouts(folder, address);
  if (!address) return openSqliteDatabase(folder, now, transaction);
  // First: hubs that stand by may share the folder with the one that leads.
  const lease = choice.lease && (await takeLease(address, choice.lease));
  let lock: SqliteDatabase | undefined;
  const giveBack = async () => {
    lock?.close();
    await lease?.release();
  };
  try {
    lock = takeLock(folder);
    const database = await openPostgresDatabase(address, now, {
      folder,
      term: lease?.term,
      ...(transaction ? { limits: transaction } : {}),
      ...(onError ? { onError } : {}),
    });
    rememberWhereabouts(folder, address);
    let closing: Promise<void> | undefined;
    return {
      ...database,
      close() {
        closing ??= endWith(database, giveBack);
        return closing;
      },
    };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

async function endWith(database: HubDatabase, giveBack: () => Promise<void>): Promise<void> {
  try {
    await database.close();
  } finally {
    await giveBack();
  }
}
