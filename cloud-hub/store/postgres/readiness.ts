/** Can the hub keep what it acknowledges? Tried, not assumed. */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { DatabaseAddress } from '../../database-address.ts';
import type { Readiness } from '../database.ts';
import { requireSpace } from '../space.ts';
import type { Pools } from './connection.ts';
import { describeFailure } from './failures.ts';

/** The oldest version that its makers still care for. */
const OLDEST_VERSION = 140_000;

const server = z.array(z.object({ version: z.coerce.number(), shown: z.string(), encoding: z.string() })).length(1);

/** @throws Error when the hub cannot work with this server or database */
export async function requireServer(pool: Pool): Promise<void> {
  const { rows } = await pool.query(
    `SELECT current_setting('server_version_num') AS version, current_setting('server_version') AS shown,
       current_setting('server_encoding') AS encoding`,
  );
  const [found] = server.parse(rows);
  if (found && found.version < OLDEST_VERSION)
    throw new Error(`it is PostgreSQL ${found.shown}; the hub needs ${OLDEST_VERSION / 10_000} or newer`);
  if (found && found.encoding !== 'UTF8')
    throw new Error(
      `its encoding is ${found.encoding}; make one with UTF8: CREATE DATABASE vedette ENCODING 'UTF8' TEMPLATE template0`,
    );
}

/** @param folder of what the hub keeps beside the database */
export function createReadiness({ writers }: Pools, { shown }: DatabaseAddress, folder: string): Readiness {
  return {
    async database() {
      try {
        const client = await writers.connect();
        try {
          await client.query('BEGIN');
          await client.query('UPDATE schema_version SET applied_at = applied_at');
          await client.query('ROLLBACK');
          client.release();
        } catch (error) {
          client.release(true);
          throw error;
        }
      } catch (error) {
        throw new Error(describeFailure(error, shown), { cause: error });
      }
    },
    // A full disk of the server fails what `database` tries; here are models and keys.
    disk: async () => requireSpace(folder),
  };
}
