/**
 * Connections to PostgreSQL, behind kysely.
 *
 * Values are those that SQLite gives: whole numbers and sums as numbers, bytes as buffers. Text has no NUL: PostgreSQL stores none, so it becomes
 * U+FFFD on the way in, also where a query looks for it. A commit that the server turned into a rollback is an error.
 */
import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import { Pool, type PoolClient, types } from 'pg';
import type { Tables } from '../tables.ts';
import type { DatabaseAddress } from './address.ts';

const CONNECT_MS = 5_000;
/** No statement of the hub takes so long; one that does may not hold others up for ever. */
const STATEMENT_MS = 60_000;
/** A transaction that waits for the hub: the hub is gone, or hangs. */
const IDLE_TRANSACTION_MS = 30_000;
/** Ingest, and beside it what people ask for. */
const CONNECTIONS = 10;

/** Object ids of types (pg_type.dat). */
const INT8 = 20;
const NUMERIC = 1700;

export interface PostgresConnection {
  readonly query: Kysely<Tables>;
  readonly pool: Pool;
  close(): Promise<void>;
}

/**
 * Opens no connection yet.
 * @param onError told of connections that ended while nobody used them
 */
export function connectPostgres({ url }: DatabaseAddress, onError: (error: Error) => void): PostgresConnection {
  const pool = new Pool({
    connectionString: url,
    application_name: 'vedette-hub',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  });
  pool.on('error', onError);
  const query = new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: { connect: async () => guarded(await pool.connect()), end: () => pool.end() },
    }),
  });
  return { query, pool, close: () => query.destroy() };
}

/** The driver asks for a parser by type and format. */
function parserOf(...[id, format]: Parameters<typeof types.getTypeParser>) {
  return format !== 'binary' && (id === INT8 || id === NUMERIC) ? wholeNumber : types.getTypeParser(id, format);
}

/** @throws RangeError for one that a number cannot hold: a wrong id would be worse */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new RangeError(`${text} is too large for a number`);
  return value;
}

/** What kysely uses of a connection (its types name only some of the commands that the driver reports). */
function guarded(client: PoolClient): PostgresPoolClient {
  const query = async (text: string, values: readonly unknown[]) => {
    const result = await client.query(text, values.map(storable));
    // The server answers so, and reports no error, when an earlier statement of the transaction had failed.
    if (text === 'commit' && result.command === 'ROLLBACK')
      throw new Error('the transaction was rolled back: one of its statements had failed');
    return result;
  };
  return { query, release: () => client.release() } as unknown as PostgresPoolClient;
}

function storable(value: unknown): unknown {
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
}
