/** The audit becomes a chain: each entry has a digest that covers the one before. Older entries get theirs now. */
import { type Kysely, sql } from 'kysely';
import { type ChainedRow, digestOf, FIRST_DIGEST } from '../audit-chain.ts';

type Audit = { audit: ChainedRow & { digest: string } };

/** Entries in memory at once. */
const PART = 1000;

export async function up(query: Kysely<unknown>): Promise<void> {
  await query.schema
    .alterTable('audit')
    .addColumn('digest', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  const audit = query.withTables<Audit>();
  let before = FIRST_DIGEST;
  for (let after = 0; ; ) {
    const rows = await audit
      .selectFrom('audit')
      .select(['id', 'at', 'actor', 'action', 'subject', 'detail', 'address'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(PART)
      .execute();
    for (const row of rows) {
      before = digestOf(row, before);
      await audit.updateTable('audit').set({ digest: before }).where('id', '=', row.id).execute();
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
  }
  for (const verb of ['UPDATE', 'DELETE'])
    await sql
      .raw(
        `CREATE TRIGGER audit_no_${verb.toLowerCase()} BEFORE ${verb} ON audit
           BEGIN SELECT RAISE(ABORT, 'entries of the audit are never changed'); END`,
      )
      .execute(query);
}
