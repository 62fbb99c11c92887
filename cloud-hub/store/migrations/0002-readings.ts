/**
 * Readings get a table of their own. Those that came before stay in `records`: their content was not checked then, so
 * nothing may be said of it now.
 */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('readings')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('received_at', 'integer', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('score', 'double precision')
    .addColumn('anomalous', 'integer')
    .execute();
  const index = (name: string, columns: string[]) =>
    schema.createIndex(`readings_${name}`).on('readings').columns(columns);
  await index('seq', ['device', 'epoch', 'seq']).unique().execute();
  await index('device', ['device', 'id']).execute();
  await index('stream', ['device', 'stream', 'id']).execute();
  // A chart of a day is some 86,400 readings: all that it sums up is in the index.
  await index('stream_time', ['device', 'stream', 'at', 'score', 'anomalous', 'id']).execute();
  await index('time', ['at']).execute();
}
