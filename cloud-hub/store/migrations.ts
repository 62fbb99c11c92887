/**
 * Schema changes, oldest first; a change is one file and one line here. Each is applied in a transaction together with the
 * row that remembers it, so that a crash leaves either both or neither. A change that has been released is never edited.
 */
import type { Kysely } from 'kysely';
import { up as initial } from './migrations/0001-initial.ts';
import { up as readings } from './migrations/0002-readings.ts';
import { up as backfill } from './migrations/0003-backfill.ts';
import { up as models } from './migrations/0004-models.ts';
import { up as standing } from './migrations/0005-standing.ts';
import { up as sessions } from './migrations/0006-sessions.ts';
import { up as lines } from './migrations/0007-lines.ts';
import { up as certificates } from './migrations/0008-certificates.ts';
import { up as problems } from './migrations/0009-problems.ts';
import { up as opinions } from './migrations/0010-opinions.ts';
import { up as usageAndAddresses } from './migrations/0011-usage-and-addresses.ts';
import { up as alerts } from './migrations/0012-alerts.ts';
import { up as eventsAsked } from './migrations/0013-events-asked.ts';
import { up as corrections } from './migrations/0014-corrections.ts';
import { up as auditChain } from './migrations/0015-audit-chain.ts';
import { up as users } from './migrations/0016-users.ts';
import { up as erasures } from './migrations/0017-erasures.ts';
import { up as acknowledgements } from './migrations/0018-acknowledgements.ts';
import { up as signIn } from './migrations/0019-sign-in.ts';
import { up as agreements } from './migrations/0020-agreements.ts';
import { up as holds } from './migrations/0021-holds.ts';
import { up as chunks } from './migrations/0022-chunks.ts';

type Migration = (query: Kysely<unknown>) => Promise<void>;

const migrations: readonly Migration[] = [
  initial,
  readings,
  backfill,
  models,
  standing,
  sessions,
  lines,
  certificates,
  problems,
  opinions,
  usageAndAddresses,
  alerts,
  eventsAsked,
  corrections,
  auditChain,
  users,
  erasures,
  acknowledgements,
  signIn,
  agreements,
  holds,
  chunks,
];

/** Version of the newest schema. */
export const SCHEMA_VERSION = migrations.length;

type SchemaTable = { schema_version: { version: number; applied_at: number } };

/**
 * Brings the database to the newest schema.
 * @param query a connection that nothing else uses yet
 * @param now milliseconds since 1970
 * @throws when the database was written by a newer version of the hub
 */
export async function migrate(query: Kysely<unknown>, now: number): Promise<void> {
  const versions = query.withTables<SchemaTable>();
  await query.schema
    .createTable('schema_version')
    .ifNotExists()
    .addColumn('version', 'integer', (c) => c.primaryKey())
    .addColumn('applied_at', 'integer', (c) => c.notNull())
    .execute();
  const row = await versions
    .selectFrom('schema_version')
    .select((e) => e.fn.max('version').as('version'))
    .executeTakeFirst();
  const current = Number(row?.version ?? 0);
  if (current > migrations.length) {
    throw new Error(
      `the database has schema version ${current}, but this hub knows only up to ${migrations.length}: ` +
        'it was written by a newer version. Start that version, or restore a backup made by this one.',
    );
  }
  for (const [index, up] of migrations.entries()) {
    const version = index + 1;
    if (version <= current) continue;
    await query.transaction().execute(async (transaction) => {
      await up(transaction);
      await transaction
        .withTables<SchemaTable>()
        .insertInto('schema_version')
        .values({ version, applied_at: now })
        .execute();
    });
  }
}
