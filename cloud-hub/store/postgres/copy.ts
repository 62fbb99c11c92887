/**
 * Copies `hub.db` of a data folder into an empty PostgreSQL database.
 *
 * Invariants:
 * 1. The source is only read, and no hub has its folder meanwhile.
 * 2. All rows are one transaction: whatever breaks off leaves the target as it was, without a row.
 * 3. Before it commits, each table is read back: as many rows, and the same digest over all values in the order of the key.
 */
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import { openSqlite, type SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import type { DatabaseAddress } from '../../database-address.ts';
import type { Value } from '../database.ts';
import { takeLock } from '../lock.ts';
import { SCHEMA_VERSION } from '../migrations.ts';
import { DATABASE_FILE } from '../sqlite/open.ts';
import { connectPostgres, run, storable } from './connection.ts';
import { describeFailure } from './failures.ts';
import { migratePostgres } from './migrations.ts';
import { requireServer } from './readiness.ts';
import { type Table, tablesOf } from './shape.ts';

export interface CopiedTable {
  readonly name: string;
  readonly rows: number;
  /** SHA-256 over all values, in hexadecimal digits. */
  readonly digest: string;
}

export interface CopyOptions {
  readonly folder: string;
  readonly to: DatabaseAddress;
  /** Milliseconds since 1970, noted beside the schema. */
  readonly now: number;
  /** Told as it goes on. */
  readonly onRows?: (table: string, rows: number, of: number) => void;
}

/** Rows in one statement; a statement takes at most 65,535 values. */
const ROWS = 500;
const MOST_VALUES = 60_000;

/** @throws Error that says what is wrong, where, and what to do; then nothing was copied */
export async function copyIntoPostgres({ folder, to, now, onRows }: CopyOptions): Promise<CopiedTable[]> {
  const file = path.join(folder, DATABASE_FILE);
  if (!existsSync(file)) throw new Error(`there is no ${file}: name the data folder of a hub`);
  const lock = takeLock(folder);
  try {
    const source = openSqlite(file, { synchronous: 'NORMAL', readonly: true });
    try {
      requireSchema(source, file);
      return await intoServer(source, to, now, onRows ?? (() => undefined));
    } finally {
      source.close();
    }
  } finally {
    lock.close();
  }
}

function requireSchema(source: SqliteDatabase, file: string): void {
  const version = source.prepare('SELECT max(version) FROM schema_version').pluck().get();
  if (version !== SCHEMA_VERSION)
    throw new Error(
      `${file} has schema version ${version}, and this program copies version ${SCHEMA_VERSION}: ` +
        'start the hub of this version on it once, which brings it up to date',
    );
}

async function intoServer(
  source: SqliteDatabase,
  to: DatabaseAddress,
  now: number,
  onRows: NonNullable<CopyOptions['onRows']>,
): Promise<CopiedTable[]> {
  const pools = connectPostgres(to, () => undefined);
  try {
    await requireServer(pools.readers);
    await migratePostgres(new Kysely<unknown>({ dialect: new PostgresDialect({ pool: pools.writers }) }), now);
    return await inTransaction(pools.writers, async (client) => {
      const execute = (text: string, values: readonly Value[]) => run(client, text, values);
      await execute('LOCK TABLE schema_version IN EXCLUSIVE MODE', []);
      const tables = await tablesOf({ execute });
      await requireEmpty(execute, tables, to.shown);
      const copied: CopiedTable[] = [];
      for (const table of tables) {
        const sent = await send(source, execute, table, onRows);
        const there = await readBack(execute, table);
        if (there.rows !== sent.rows || there.digest !== sent.digest)
          throw new Error(
            `${table.name} differs after it was copied (${sent.rows} rows, then ${there.rows}): report this`,
          );
        copied.push(sent);
      }
      return copied;
    });
  } catch (error) {
    throw new Error(describeFailure(error, to.shown), { cause: error });
  } finally {
    await pools.close();
  }
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isDone = false;
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const result = await work(client);
    await client.query('COMMIT');
    isDone = true;
    return result;
  } finally {
    // The end of the connection takes back what was not committed.
    client.release(!isDone);
  }
}

type Execute = (text: string, values: readonly Value[]) => Promise<{ readonly rows: readonly unknown[] }>;

async function requireEmpty(execute: Execute, tables: readonly Table[], shown: string): Promise<void> {
  const used: string[] = [];
  for (const { name } of tables)
    if ((await execute(`SELECT 1 FROM ${name} LIMIT 1`, [])).rows.length > 0) used.push(name);
  if (used.length > 0)
    throw new Error(
      `${shown} has rows already (${used.slice(0, 5).join(', ')}): a hub was started with it. Copy into a new database: CREATE DATABASE …`,
    );
}

async function send(
  source: SqliteDatabase,
  execute: Execute,
  table: Table,
  onRows: NonNullable<CopyOptions['onRows']>,
): Promise<CopiedTable> {
  const { name, columns, key, identity } = table;
  const total = source.prepare(`SELECT count(*) FROM ${name}`).pluck().get() as number;
  const rows = source
    .prepare(`SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`)
    .raw()
    .iterate();
  const hash = createHash('sha256');
  const most = Math.min(ROWS, Math.floor(MOST_VALUES / columns.length));
  let count = 0;
  let batch: Value[][] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await execute(insertText(table, batch.length), batch.flat());
    count += batch.length;
    batch = [];
    onRows(name, count, total);
  };
  for (const row of rows as IterableIterator<Value[]>) {
    // As the store would have written it: text without NUL.
    const values = row.map(storable);
    digestRow(hash, values);
    batch.push(values);
    if (batch.length === most) await flush();
  }
  await flush();
  if (identity !== undefined) await continueAfter(source, execute, name, identity);
  return { name, rows: count, digest: hash.digest('hex') };
}

function insertText({ name, columns }: Table, rows: number): string {
  const row = (n: number) => `(${columns.map((_, i) => `$${n * columns.length + i + 1}`).join(', ')})`;
  return `INSERT INTO ${name} (${columns.join(', ')}) VALUES ${Array.from({ length: rows }, (_, n) => row(n)).join(', ')}`;
}

/** An id that SQLite has given once is given to nothing else. */
async function continueAfter(source: SqliteDatabase, execute: Execute, name: string, identity: string): Promise<void> {
  const given = source.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(name);
  const last = source.prepare(`SELECT max(${identity}) FROM ${name}`).pluck().get();
  const floor = source.prepare('SELECT floor FROM id_floors WHERE name = ?').pluck().get(name);
  const newest = Math.max(Number(given ?? 0), Number(last ?? 0), Number(floor ?? 0));
  if (newest > 0) await execute('SELECT setval(pg_get_serial_sequence($1, $2), $3)', [name, identity, newest]);
}

async function readBack(execute: Execute, { name, columns, key }: Table): Promise<Omit<CopiedTable, 'name'>> {
  const hash = createHash('sha256');
  let rows = 0;
  await execute(
    `DECLARE copied NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`,
    [],
  );
  for (;;) {
    const part = await execute(`FETCH ${ROWS} FROM copied`, []);
    for (const row of part.rows as Record<string, Value>[])
      digestRow(
        hash,
        columns.map((column) => row[column] ?? null),
      );
    rows += part.rows.length;
    if (part.rows.length === 0) break;
  }
  await execute('CLOSE copied', []);
  return { rows, digest: hash.digest('hex') };
}

function digestRow(hash: Hash, values: readonly Value[]): void {
  const plain = values.map((value) =>
    value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value,
  );
  hash.update(`${JSON.stringify(plain)}\n`);
}
