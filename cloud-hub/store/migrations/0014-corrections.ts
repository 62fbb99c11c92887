/** What operators say of events, and the pictures of samples, which the dataset is made of. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('corrections')
    .addColumn('event_id', 'integer', (c) => c.primaryKey().references('events.id').onDelete('cascade'))
    .addColumn('verdict', 'text', (c) => c.notNull())
    .addColumn('label', 'text')
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('corrections_verdict').on('corrections').columns(['verdict', 'event_id']).execute();
  await schema
    .createTable('sample_pictures')
    .addColumn('opinion_id', 'integer', (c) => c.primaryKey().references('opinions.id').onDelete('cascade'))
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('width', 'integer', (c) => c.notNull())
    .addColumn('height', 'integer', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('picture', 'blob', (c) => c.notNull())
    .execute();
}
