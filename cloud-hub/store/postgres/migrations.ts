/**
 * Schema changes on PostgreSQL, oldest first. The first is the whole schema as version 19 of SQLite's has it; each later version of SQLite's has
 * its counterpart here (a test compares both). A change that has been released is never edited.
 *
 * All that are missing are applied in one transaction, under a lock that other hubs of the database wait for: a crash leaves all or none.
 */
import { type Kysely, sql } from 'kysely';
import { FLEET } from './baseline/fleet.ts';
import { JUDGEMENTS } from './baseline/judgements.ts';
import { PEOPLE } from './baseline/people.ts';
import { RECORDS } from './baseline/records.ts';
import { AGREEMENTS } from './changes/0020-agreements.ts';
import { HOLDS } from './changes/0021-holds.ts';
import { CHUNKS, moveRecords } from './changes/0022-chunks.ts';
import { lockForTransaction } from './locks.ts';

interface Migration {
  readonly version: number;
  /** What it runs, in order. */
  readonly statements: readonly string[];
  /** What no statement can do with the rows that are there; behind them. */
  readonly move?: (transaction: Kysely<unknown>) => Promise<void>;
}

const migrations: readonly Migration[] = [
  { version: 19, statements: [FLEET, RECORDS, PEOPLE, JUDGEMENTS] },
  { version: 20, statements: [AGREEMENTS] },
  { version: 21, statements: [HOLDS] },
  { version: 22, statements: [CHUNKS], move: moveRecords },
];

/** Version of the newest schema. */
export const POSTGRES_SCHEMA_VERSION = migrations.at(-1)?.version ?? 0;

type SchemaTable = { schema_version: { version: number; applied_at: number } };

/** Ends a transaction whose work is only tried. */
class TriedOnly extends Error {}

/**
 * Brings the database to the newest schema.
 * @param now milliseconds since 1970
 * @param dryRun does all of it and takes it back
 * @returns the versions that were (or would be) applied; 0 stands for a database without one; and their statements
 * @throws when the database was written by a newer version of the hub, or has tables that are not the hub's
 */
export async function migratePostgres(
  query: Kysely<unknown>,
  now: number,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<{ readonly from: number; readonly applied: readonly number[]; readonly statements: readonly string[] }> {
  let from = 0;
  let applied: number[] = [];
  try {
    // Who waited for the lock sees what the other has made.
    await query
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (transaction) => {
        await lockForTransaction(transaction, 'schema');
        from = await versionOf(transaction);
        applied = [];
        for (const { version, statements, move } of migrations) {
          if (version <= from) continue;
          for (const statement of statements) await sql.raw(statement).execute(transaction);
          await move?.(transaction);
          const versions = transaction.withTables<SchemaTable>();
          await versions.insertInto('schema_version').values({ version, applied_at: now }).execute();
          applied.push(version);
        }
        if (dryRun) throw new TriedOnly();
      });
  } catch (error) {
    if (!(error instanceof TriedOnly)) throw error;
  }
  const made = migrations.filter(({ version }) => applied.includes(version));
  return { from, applied, statements: made.flatMap(({ statements }) => statements) };
}

async function versionOf(query: Kysely<unknown>): Promise<number> {
  if ((await tables(query)).length === 0) {
    await query.schema
      .createTable('schema_version')
      .addColumn('version', 'bigint', (c) => c.primaryKey())
      .addColumn('applied_at', 'bigint', (c) => c.notNull())
      .execute();
    return 0;
  }
  const row = await query
    .withTables<SchemaTable>()
    .selectFrom('schema_version')
    .select((e) => e.fn.max('version').as('version'))
    .executeTakeFirst();
  const current = row?.version ?? 0;
  if (current > POSTGRES_SCHEMA_VERSION)
    throw new Error(
      `the database has schema version ${current}, but this hub knows only up to ${POSTGRES_SCHEMA_VERSION}: ` +
        'it was written by a newer version. Start that version, or restore a backup made by this one.',
    );
  return current;
}

/** Those of the schema that new tables go to. @throws when they are somebody else's */
async function tables(query: Kysely<unknown>): Promise<string[]> {
  const found = await sql<{ name: string }>`SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`.execute(query);
  const names = found.rows.map(({ name }) => name);
  if (names.length > 0 && !names.includes('schema_version'))
    throw new Error(
      `the database has tables that are not the hub's (${names.slice(0, 5).join(', ')}): give the hub a database of its own (CREATE DATABASE vedette)`,
    );
  return names;
}
