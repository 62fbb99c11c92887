/** How much of a device was stored on its last day, and until when no more is taken; where changes of people came from. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const table = () => query.schema.alterTable('devices');
  await table()
    .addColumn('usage_day', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await table()
    .addColumn('usage_records', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await table()
    .addColumn('usage_bytes', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await table().addColumn('paused_until', 'integer').execute();
  await query.schema.alterTable('audit').addColumn('address', 'text').execute();
}
