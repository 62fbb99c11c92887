/** Faults and losses that devices report are called problems; their table was called troubles. Its indexes keep their names. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  await query.schema.alterTable('troubles').renameTo('problems').execute();
}
