/** Second opinions: which sample an event is asked about with, each verdict, and totals per stream. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema.alterTable('events').addColumn('sample', 'text').execute();
  await schema.createIndex('events_sample').on('events').columns(['device', 'sample']).execute();
  await schema
    .createTable('opinions')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('sample', 'text', (c) => c.notNull())
    .addColumn('received_at', 'integer', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('opinions_sample').on('opinions').columns(['device', 'sample']).unique().execute();
  await schema.createIndex('opinions_stream').on('opinions').columns(['device', 'stream', 'id']).execute();
  await schema
    .createTable('opinion_totals')
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('first_at', 'integer', (c) => c.notNull())
    .addColumn('samples', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('hub_ms', 'real', (c) => c.notNull())
    .addColumn('confirmed', 'integer', (c) => c.notNull())
    .addColumn('changed', 'integer', (c) => c.notNull())
    .addColumn('withdrawn', 'integer', (c) => c.notNull())
    .addColumn('chance', 'integer', (c) => c.notNull())
    .addColumn('chance_same', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('opinion_totals_key', ['device', 'stream'])
    .execute();
}
