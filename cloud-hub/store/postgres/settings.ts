/** The database that the settings of a hub name. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../../../shared/kit/clock.ts';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import type { HubConfig } from '../../config.ts';
import { type DatabaseAddress, databaseAddress } from '../../database-address.ts';
import { defaultTransactionLimits } from '../database.ts';
import type { DatabaseChoice } from '../open.ts';
import type { LeaseOptions } from './lease.ts';

interface HubOptions {
  readonly config: HubConfig;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** See TransactionLimits. */
  readonly watchTransactions?: boolean;
  /** Told how the hub stands to others of its database. */
  readonly leading?: Leading | undefined;
}

export type Leading = Pick<LeaseOptions, 'waiting' | 'replaced'>;

/** How a hub opens its database. @throws Error that says what to do */
export function databaseChoiceOf({
  config,
  clock,
  log,
  watchTransactions = false,
  leading = { waiting() {}, replaced() {} },
}: HubOptions): DatabaseChoice {
  return {
    address: databaseAddressOf(config),
    transaction: { ...defaultTransactionLimits, isWatched: watchTransactions },
    lease: { ...leading, name: `${hostname()}/${process.pid}`, waits: config.standby, clock, log },
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
