/**
 * Sessions and codes belong to the token that they came from, and end with it. Of what was there, the sessions that were begun with
 * a token stay; nobody knows whom sessions of codes, and codes, came from: they end.
 */
import { type CreateTableBuilder, type Kysely, sql } from 'kysely';

const SESSION_MS = 12 * 3600_000;

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema.alterTable('sessions').renameTo('sessions_before').execute();
  // A number that was given once is not given again: who ends a session by its number ends no later one.
  await owned(schema.createTable('sessions').addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement()))
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .execute();
  await sql`INSERT INTO sessions (hash, role, name, token, created_at, expires_at)
    SELECT s.hash, s.role, s.name, t.id, s.expires_at - ${SESSION_MS}, s.expires_at
    FROM sessions_before s JOIN tokens t ON t.name = s.name`.execute(query);
  await schema.dropTable('sessions_before').execute();
  await schema.createIndex('sessions_token').on('sessions').columns(['token', 'id']).execute();

  await schema.dropTable('sign_in_codes').execute();
  await owned(schema.createTable('sign_in_codes').addColumn('hash', 'text', (c) => c.primaryKey())).execute();
  await schema.createIndex('sign_in_codes_token').on('sign_in_codes').column('token').execute();
}

function owned(table: CreateTableBuilder<string, string>): CreateTableBuilder<string, string> {
  return table
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('token', 'integer', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .addColumn('expires_at', 'integer', (c) => c.notNull());
}
