/** The starts whose records an epoch has, so that copies of one outbox are told apart (ingest/lineage.ts). */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  await query.schema
    .alterTable('sequences')
    .addColumn('line', 'text', (c) => c.notNull().defaultTo('[]'))
    .execute();
}
