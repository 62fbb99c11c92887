import path from 'node:path';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { migratePostgres, POSTGRES_SCHEMA_VERSION } from '../../../../cloud-hub/store/postgres/migrations.ts';
import { openStore } from '../../../../cloud-hub/store/store.ts';
import { openSqlite } from '../../../../shared/kit/sqlite.ts';
import { hasPostgres, withoutPostgres } from '../../../support/postgres.ts';
import { tempFolder } from '../../../support/temp.ts';
import { postgresOfFile, queryOf } from './support.ts';

/** By table: columns as `name type null-or-not`, and the columns of each index. */
type Schema = Record<string, { columns: string[]; indexes: string[] }>;

const NAMES_OF_TYPES: Readonly<Record<string, string>> = {
  integer: 'bigint',
  blob: 'bytea',
  real: 'double precision',
};

/** Only there: the order of rows, which SQLite keeps without a column; SQLite's own book of ids, which PostgreSQL keeps in sequences. */
const ONLY_ON_POSTGRES = new Set(['losses.rowid']);

async function sqliteSchema(): Promise<Schema> {
  const folder = tempFolder();
  (await openStore(folder, 1)).close();
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  onTestFinished(() => void file.close());
  const all = <T>(text: string, ...values: unknown[]) => file.prepare(text).all(...values) as T[];
  const tables = all<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  );
  return Object.fromEntries(
    tables.map(({ name }) => {
      const columns = all<{ name: string; type: string; notnull: number; pk: number }>(
        'SELECT * FROM pragma_table_info(?)',
        name,
      );
      const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
      const indexes = all<{ name: string; unique: number; origin: string; partial: number }>(
        "SELECT * FROM pragma_index_list(?) WHERE origin <> 'pk'",
        name,
      ).map((index) => {
        const parts = all<{ name: string }>('SELECT name FROM pragma_index_info(?)', index.name);
        return indexText(index.unique === 1, index.partial === 1, parts.map((part) => part.name).join(' '));
      });
      return [
        name,
        {
          columns: columns
            .map((c) => {
              const type = c.type.toLowerCase();
              const required = c.notnull === 1 || c.pk > 0;
              return `${c.name} ${NAMES_OF_TYPES[type] ?? type}${required ? '' : ' null'}`;
            })
            .toSorted(),
          indexes: [
            ...indexes,
            ...(key.length > 0 ? [indexText(true, false, key.map((c) => c.name).join(' '))] : []),
          ].toSorted(),
        },
      ];
    }),
  );
}

function indexText(unique: boolean, partial: boolean, columns: string): string {
  return `${unique ? 'unique ' : ''}${partial ? 'partial ' : ''}${columns}`;
}

async function postgresSchema(query: Kysely<unknown>): Promise<Schema> {
  const columns = await sql<{ of: string; name: string; type: string; nullable: string; collation: string | null }>`
    SELECT table_name AS "of", column_name AS name, data_type AS type, is_nullable AS nullable, collation_name AS collation
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name`.execute(query);
  const indexes = await sql<{ of: string; unique: number; partial: number; columns: string[] }>`
    SELECT t.relname AS "of", i.indisunique AS unique, i.indpred IS NOT NULL AS partial,
      ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k(n, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.n ORDER BY place) AS columns
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = 'public'::regnamespace`.execute(query);
  const schema: Schema = {};
  for (const { of, name, type, nullable } of columns.rows) {
    schema[of] ??= { columns: [], indexes: [] };
    const { columns: own } = schema[of];
    if (!ONLY_ON_POSTGRES.has(`${of}.${name}`)) own.push(`${name} ${type}${nullable === 'NO' ? '' : ' null'}`);
  }
  for (const { of, unique, partial, columns: names } of indexes.rows)
    schema[of]?.indexes.push(indexText(unique === 1, partial === 1, names.join(' ')));
  for (const table of Object.values(schema)) {
    table.columns.sort();
    table.indexes.sort();
  }
  // Text is ordered by its bytes, as SQLite does, whatever the database's own order.
  expect(columns.rows.filter(({ type, collation }) => type === 'text' && collation !== 'C')).toEqual([]);
  return schema;
}

describe.skipIf(!hasPostgres)(`schema of PostgreSQL${withoutPostgres}`, () => {
  const postgres = postgresOfFile();
  const fresh = async () => queryOf(await postgres.it().newDatabase());

  test('has the tables, columns and indexes of SQLite', async () => {
    const query = await fresh();
    await migratePostgres(query, 1);
    expect(await postgresSchema(query)).toEqual(await sqliteSchema());
  });

  test('two hubs that start at once make it once', async () => {
    const url = await postgres.it().newDatabase();
    const made = await Promise.all([1, 2, 3].map((now) => migratePostgres(queryOf(url), now)));
    expect(made.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
    expect(made.map(({ from }) => from).toSorted((a, b) => a - b)).toEqual([
      0,
      POSTGRES_SCHEMA_VERSION,
      POSTGRES_SCHEMA_VERSION,
    ]);
  });

  test('a dry run says what it would do, and leaves nothing', async () => {
    const query = await fresh();
    const dry = await migratePostgres(query, 1, { dryRun: true });
    expect([dry.from, dry.applied[0], dry.applied.at(-1)]).toEqual([0, 19, POSTGRES_SCHEMA_VERSION]);
    expect(dry.statements.join()).toContain('CREATE TABLE events');
    expect(await postgresSchema(query)).toEqual({});
    await migratePostgres(query, 1);
    expect(await migratePostgres(query, 2, { dryRun: true })).toEqual({
      from: POSTGRES_SCHEMA_VERSION,
      applied: [],
      statements: [],
    });
  });

  test('refuses a database of a newer hub, and tables of others', async () => {
    const query = await fresh();
    await migratePostgres(query, 1);
    await sql`INSERT INTO schema_version VALUES (9999, 1)`.execute(query);
    await expect(migratePostgres(query, 1)).rejects.toThrow('written by a newer version');
    const foreign = await fresh();
    await sql`CREATE TABLE customers (id int)`.execute(foreign);
    await expect(migratePostgres(foreign, 1)).rejects.toThrow("not the hub's (customers)");
  });

  test('entries of the audit are never changed', async () => {
    const query = await fresh();
    await migratePostgres(query, 1);
    await sql`INSERT INTO audit (id, at, actor, action, subject, detail) VALUES (1, 1, 'a', 'b', 'c', '{}')`.execute(
      query,
    );
    for (const statement of [sql`UPDATE audit SET actor = 'x'`, sql`DELETE FROM audit`, sql`TRUNCATE audit`])
      await expect(statement.execute(query)).rejects.toThrow('never changed');
  });
});
