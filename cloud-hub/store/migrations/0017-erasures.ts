/** Orders to erase; and from which number on ids are given, where the newest rows of a table were erased. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('erasures')
    .addColumn('row', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('stream', 'text')
    .addColumn('from_at', 'integer')
    .addColumn('before_at', 'integer', (c) => c.notNull())
    .addColumn('pictures', 'integer', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('passes', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('settled_at', 'integer')
    .addColumn('erased', 'text', (c) => c.notNull())
    .addColumn('failure', 'text')
    .addColumn('answer', 'text')
    .addColumn('answered_at', 'integer')
    .addColumn('finished_at', 'integer')
    .execute();
  await schema.createIndex('erasures_open').on('erasures').columns(['finished_at', 'device']).execute();
  await schema
    .createTable('id_floors')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('floor', 'integer', (c) => c.notNull())
    .execute();
}
