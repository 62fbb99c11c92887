/** Records say whether they are backfill: received after later ones of the same device and epoch. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  for (const table of ['events', 'summaries', 'readings', 'troubles', 'records']) {
    await query.schema
      .alterTable(table)
      .addColumn('backfill', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
  }
}
