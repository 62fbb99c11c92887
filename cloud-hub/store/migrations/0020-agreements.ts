/** How often edge and hub agree in frames that chance chose, per stream and pair of models; counted from here on. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('opinion_agreements')
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('edge_model', 'text', (c) => c.notNull())
    .addColumn('hub_model', 'text', (c) => c.notNull())
    .addColumn('frames', 'integer', (c) => c.notNull())
    .addColumn('same', 'integer', (c) => c.notNull())
    .addColumn('last_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('opinion_agreements_key', ['device', 'stream', 'edge_model', 'hub_model'])
    .execute();
  await schema.createIndex('opinion_agreements_model').on('opinion_agreements').column('edge_model').execute();
}
