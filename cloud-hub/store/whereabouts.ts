/**
 * Where the database of a data folder is: `hub.db` in it, or on a PostgreSQL server, whose address (without its password) is then in
 * `hub.database`. So nobody starts a fleet anew by leaving out, or adding, the address.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import type { DatabaseAddress } from '../database-address.ts';
import { DATABASE_FILE } from './sqlite/open.ts';

/** In the data folder. */
export const WHEREABOUTS_FILE = 'hub.database';

/** The address of the database of a folder on a PostgreSQL server; undefined: it is in the folder, or there is none yet. */
export function addressIn(folder: string): string | undefined {
  const file = path.join(folder, WHEREABOUTS_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** @throws Error when the folder has a database elsewhere */
export function requireWhereabouts(folder: string, address: DatabaseAddress | undefined): void {
  const before = addressIn(folder);
  if (!address && before !== undefined)
    throw new Error(
      `the database of ${folder} is ${before}: name it with --database-url (VEDETTE_DATABASE_URL), or choose another folder with --data-dir`,
    );
  if (address && before === undefined && existsSync(path.join(folder, DATABASE_FILE)))
    throw new Error(
      `${folder} has a database of its own (${DATABASE_FILE}), and what is in it would be missing at ${address.shown}: ` +
        `leave out --database-url, choose another folder with --data-dir, or move ${DATABASE_FILE} aside to begin anew`,
    );
}

export function rememberWhereabouts(folder: string, { shown }: DatabaseAddress): void {
  if (addressIn(folder) !== shown) writeDurably(path.join(folder, WHEREABOUTS_FILE), `${shown}\n`, 0o600);
}

/**
 * For commands that read the file in the folder.
 * @param advice what to do instead, of a database at an address
 * @throws Error with it when the database of the folder is elsewhere
 */
export function requireFile(folder: string, advice: (address: string) => string): void {
  const address = addressIn(folder);
  if (address !== undefined) throw new Error(`the database of ${folder} is ${address}: ${advice(address)}`);
}
