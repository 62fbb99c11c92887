/** Holds: events that stay, whatever their age, until somebody releases them. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  await query.schema
    .createTable('holds')
    // Nothing that removes an event removes its hold with it: to remove such an event is an error.
    .addColumn('event_id', 'integer', (c) => c.primaryKey().references('events.id'))
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .execute();
}
