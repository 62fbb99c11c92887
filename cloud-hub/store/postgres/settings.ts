/** The database that the settings of a hub name. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import type { HubConfig } from '../../config.ts';
import { type DatabaseAddress, databaseAddress } from '../../database-address.ts';
import { defaultTransactionLimits } from '../database.ts';
import type { DatabaseChoice } from '../open.ts';

interface HubOptions {
  readonly config: HubConfig;
  readonly log: Pick<Logger, 'warn'>;
  /** See TransactionLimits. */
  readonly watchTransactions?: boolean;
}

/** How a hub opens its database. @throws Error that says what to do */
export function databaseChoiceOf({ config, log, watchTransactions = false }: HubOptions): DatabaseChoice {
  return {
    address: databaseAddressOf(config),
    transaction: { ...defaultTransactionLimits, isWatched: watchTransactions },
    onError: (error) => log.warn({ error: error.message }, 'a connection to the database ended'),
  };
}

/** @returns undefined when it is the file in the data folder. @throws Error that says what to do */
export function databaseAddressOf({
  databaseUrl,
  databasePasswordFile: file,
}: Pick<HubConfig, 'databaseUrl' | 'databasePasswordFile'>): DatabaseAddress | undefined {
  if (databaseUrl === undefined) return undefined;
  return databaseAddress(databaseUrl, file === undefined ? undefined : passwordIn(file));
}

function passwordIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`cannot read the file of --database-password-file: ${messageOf(error)}`, { cause: error });
  }
}
