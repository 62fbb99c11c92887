/** Which database the store is on: the file in its folder, or one of a PostgreSQL server. */

import type { DatabaseAddress } from '../database-address.ts';
import type { HubDatabase, TransactionLimits } from './database.ts';
import { takeLock } from './lock.ts';
import { openPostgresDatabase } from './postgres/open.ts';
import { openSqliteDatabase } from './sqlite/open.ts';
import { rememberWhereabouts, requireWhereabouts } from './whereabouts.ts';

export interface DatabaseChoice {
  /** Undefined: a file in the folder. */
  readonly address?: DatabaseAddress | undefined;
  readonly transaction?: TransactionLimits | undefined;
  /** Told of connections that the server or the network ended. */
  readonly onError?: (error: Error) => void;
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
  const lock = takeLock(folder);
  try {
    const database = await openPostgresDatabase(address, now, {
      folder,
      ...(transaction ? { limits: transaction } : {}),
      ...(onError ? { onError } : {}),
    });
    rememberWhereabouts(folder, address);
    let closing: Promise<void> | undefined;
    return {
      ...database,
      close() {
        closing ??= database.close().finally(() => lock.close());
        return closing;
      },
    };
  } catch (error) {
    lock.close();
    throw error;
  }
}
