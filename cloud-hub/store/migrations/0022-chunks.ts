/** Readings and summaries become chunks (chunks/): those that are here are moved, in bounded steps. */
import { type Kysely, sql } from 'kysely';
import { moveIntoChunks } from './into-chunks.ts';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  for (const table of ['summaries', 'readings'] as const) {
    await schema.alterTable(table).renameTo(`${table}_before`).execute();
    const named = await sql<{ name: string }>`SELECT name FROM sqlite_master
      WHERE type = 'index' AND tbl_name = ${`${table}_before`} AND sql IS NOT NULL`.execute(query);
    for (const { name } of named.rows) await schema.dropIndex(name).execute();
    await schema
      .createTable(table)
      .addColumn('id', 'integer', (c) => c.primaryKey())
      .addColumn('first_id', 'integer', (c) => c.notNull())
      .addColumn('device', 'text', (c) => c.notNull())
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('from_seq', 'integer', (c) => c.notNull())
      .addColumn('to_seq', 'integer', (c) => c.notNull())
      .addColumn('from_at', 'integer', (c) => c.notNull())
      .addColumn('to_at', 'integer', (c) => c.notNull())
      .addColumn('from_received', 'integer', (c) => c.notNull())
      .addColumn('to_received', 'integer', (c) => c.notNull())
      .addColumn('wrong', 'integer', (c) => c.notNull())
      .addColumn('records', 'integer', (c) => c.notNull())
      .addColumn('open', 'integer', (c) => c.notNull())
      .addColumn('data', 'blob', (c) => c.notNull())
      .execute();
    const index = (name: string, columns: string[]) =>
      schema.createIndex(`${table}_${name}`).on(table).columns(columns);
    await index('seq', ['device', 'epoch', 'to_seq', 'from_seq']).execute();
    await index('device', ['device', 'id']).execute();
    await index('stream', ['device', 'stream', 'id']).execute();
    await index('stream_time', ['device', 'stream', 'to_at', 'from_at']).execute();
    await index('time', ['to_at', 'from_at']).execute();
    // Ages, and how many there are, are told from it alone.
    await index('received', ['from_received', 'to_received', 'records']).execute();
    await index('open', ['device', 'epoch', 'stream', 'id']).where(sql.ref('open'), '=', sql.lit(1)).execute();
    await moveIntoChunks(query, table, `${table}_before`);
    await schema.dropTable(`${table}_before`).execute();
  }
}
