/** People with passwords beside the API tokens, invitations, and for both: the devices that they see, and an end. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  const tokens = () => schema.alterTable('tokens');
  await tokens()
    .addColumn('kind', 'text', (c) => c.notNull().defaultTo('token'))
    .execute();
  await tokens().addColumn('scope', 'text').execute();
  await tokens().addColumn('expires_at', 'integer').execute();
  await schema
    .createTable('passwords')
    .addColumn('owner', 'integer', (c) => c.primaryKey().references('tokens.id').onDelete('cascade'))
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .execute();
  await schema
    .createTable('invitations')
    .addColumn('owner', 'integer', (c) => c.primaryKey().references('tokens.id').onDelete('cascade'))
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .execute();
}
