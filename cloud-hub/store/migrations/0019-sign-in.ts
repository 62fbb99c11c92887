/** Accounts of an identity provider, second factors with recovery codes, and how each session was begun. */
import { type Kysely, sql } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('subjects')
    .addColumn('owner', 'integer', (c) => c.primaryKey().references('tokens.id').onDelete('cascade'))
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('linked_at', 'integer', (c) => c.notNull())
    .execute();
  await schema.createIndex('subjects_subject').unique().on('subjects').columns(['issuer', 'subject']).execute();
  await schema
    .createTable('second_factors')
    .addColumn('owner', 'integer', (c) => c.primaryKey().references('tokens.id').onDelete('cascade'))
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('confirmed_at', 'integer')
    .addColumn('step', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .createTable('recovery_codes')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('owner', 'integer', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .execute();
  await schema.createIndex('recovery_codes_owner').on('recovery_codes').column('owner').execute();
  await schema
    .alterTable('sessions')
    .addColumn('way', 'text', (c) => c.notNull().defaultTo('password'))
    .execute();
  await sql`UPDATE sessions SET way = 'token' WHERE token IN (SELECT id FROM tokens WHERE kind = 'token')`.execute(
    query,
  );
}
