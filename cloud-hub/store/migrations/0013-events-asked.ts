/** The index of samples holds the few events that a second opinion was asked about, and costs the others nothing. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  await query.schema.dropIndex('events_sample').execute();
  await query
    .withTables<{ events: { sample: string | null } }>()
    .schema.createIndex('events_sample')
    .on('events')
    .columns(['device', 'sample'])
    .where('sample', 'is not', null)
    .execute();
}
