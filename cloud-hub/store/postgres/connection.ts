/**
 * Connections to PostgreSQL: one pool of those that write, one of those that only read, so that what people look at never waits for ingest.
 *
 * Values are those that SQLite gives and takes: whole numbers and sums as numbers, true and false as 1 and 0, bytes as buffers. Text has no
 * NUL: PostgreSQL stores none, so it becomes U+FFFD on the way in, also where a query looks for it.
 */
import { Pool, type PoolClient, types } from 'pg';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { DatabaseAddress } from '../../database-address.ts';
import type { Result, Value } from '../database.ts';
import { requireTerm, termName } from './term.ts';

const CONNECT_MS = 5_000;
/** No statement of the hub takes so long; one that does may not hold others up for ever. */
const STATEMENT_MS = 60_000;
/** A transaction that waits for the hub: the hub is gone, or hangs. */
const IDLE_TRANSACTION_MS = 60_000;
const WRITERS = 4;
const READERS = 6;

/** Object ids of types (pg_type.dat). */
const BOOL = 16;
const INT8 = 20;
const NUMERIC = 1700;

const LARGEST_INT8 = '9223372036854775807';
const SMALLEST_INT8 = '-9223372036854775808';

export interface Pools {
  /** What begins with it writes; serialisable. */
  readonly writers: Pool;
  /** Read-only; each statement sees what is committed. */
  readonly readers: Pool;
  close(): Promise<void>;
}

/**
 * Opens no connection yet.
 * @param onError told of connections that the server or the network ended
 * @param term of the hub that leads; undefined: whoever leads, this program may work too
 */
export function connectPostgres({ url }: DatabaseAddress, onError: (error: Error) => void, term?: number): Pools {
  const pool = (max: number, settings: string) =>
    new Pool({
      connectionString: url,
      application_name: term === undefined ? 'vedette-hub' : termName(term),
      max,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      keepAlive: true,
      types: { getTypeParser: parserOf },
      options: settings,
      ...(term === undefined
        ? {}
        : {
            verify: (client: PoolClient, done: (error?: Error) => void) => {
              requireTerm(client, term).then(() => done(), done);
            },
          }),
    })
      // Also of those that are in use: what they were asked fails by itself.
      .on('connect', (client) => client.on('error', onError))
      .on('error', () => undefined);
  const writers = pool(WRITERS, '-c default_transaction_isolation=serializable');
  const readers = pool(READERS, '-c default_transaction_read_only=on');
  return {
    writers,
    readers,
    async close() {
      await Promise.all([writers.end(), readers.end()]);
    },
  };
}

/** Runs a statement. @param name of a statement that the server keeps prepared; undefined: it plans it anew */
export async function run(
  on: Pool | PoolClient,
  text: string,
  values: readonly Value[],
  name?: string,
): Promise<Result> {
  try {
    const { rows, rowCount, command } = await on.query({
      text,
      values: values.map(storable),
      ...(name === undefined ? {} : { name }),
    });
    return { rows, changes: command === 'SELECT' ? 0 : (rowCount ?? 0) };
  } catch (error) {
    // What the driver throws begins in its own stack: say where the statement is from.
    const thrown = error instanceof Error ? error : new Error(messageOf(error));
    if (thrown.stack) thrown.stack += new Error().stack?.slice('Error'.length) ?? '';
    throw thrown;
  }
}

/** The driver asks for a parser by type and format. */
function parserOf(...[id, format]: Parameters<typeof types.getTypeParser>) {
  if (format === 'binary') return types.getTypeParser(id, format);
  if (id === BOOL) return (text: string) => (text === 't' ? 1 : 0);
  return id === INT8 || id === NUMERIC ? numberOf : types.getTypeParser(id, format);
}

/** @throws RangeError for a whole number that a number cannot hold: a wrong id would be worse */
function numberOf(text: string): number {
  const value = Number(text);
  if (!text.includes('.') && !Number.isSafeInteger(value)) throw new RangeError(`${text} is too large for a number`);
  return value;
}

/** SQLite takes what is no number for NULL, and compares whole numbers with infinite ones. */
export function storable(value: Value): Value {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value;
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return null;
  return value > 0 ? LARGEST_INT8 : SMALLEST_INT8;
}
