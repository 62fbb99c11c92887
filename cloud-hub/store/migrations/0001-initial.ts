/** The first schema: devices, records of every kind, sequence ledger, quarantine, identities. */
import type { CreateTableBuilder, Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('devices')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('token_hash', 'text', (c) => c.notNull())
    .addColumn('online', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('last_seen_at', 'integer')
    .addColumn('version', 'text')
    .addColumn('report', 'text')
    .execute();

  await received(schema.createTable('events'))
    .addColumn('stream', 'text', (c) => c.notNull())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('has_snapshot', 'integer', (c) => c.notNull())
    .execute();
  await received(schema.createTable('summaries'))
    .addColumn('stream', 'text', (c) => c.notNull())
    .execute();
  await received(schema.createTable('troubles'))
    .addColumn('stream', 'text')
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('code', 'text', (c) => c.notNull())
    .execute();
  await received(schema.createTable('records'))
    .addColumn('stream', 'text')
    .addColumn('kind', 'text', (c) => c.notNull())
    .execute();
  for (const table of ['events', 'summaries', 'troubles', 'records']) {
    await schema.createIndex(`${table}_seq`).on(table).columns(['device', 'epoch', 'seq']).unique().execute();
  }
  // Lists are ordered by id: an index that ends with it needs no sorting, however many rows match.
  for (const table of ['events', 'summaries', 'troubles']) {
    await schema.createIndex(`${table}_device`).on(table).columns(['device', 'id']).execute();
    await schema.createIndex(`${table}_stream`).on(table).columns(['device', 'stream', 'id']).execute();
    await schema.createIndex(`${table}_stream_time`).on(table).columns(['device', 'stream', 'at']).execute();
    await schema.createIndex(`${table}_time`).on(table).column('at').execute();
  }
  await schema.createIndex('events_label').on('events').columns(['label', 'id']).execute();
  await schema
    .createTable('snapshots')
    .addColumn('event_id', 'integer', (c) => c.primaryKey().references('events.id').onDelete('cascade'))
    .addColumn('mime', 'text', (c) => c.notNull())
    .addColumn('picture', 'blob', (c) => c.notNull())
    .execute();

  await schema
    .createTable('sequences')
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('up_to', 'integer', (c) => c.notNull())
    .addColumn('records', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('sequences_key', ['device', 'epoch'])
    .execute();
  await ranged(schema.createTable('sequence_ranges'))
    .addPrimaryKeyConstraint('sequence_ranges_key', ['device', 'epoch', 'from_seq'])
    .execute();
  await ranged(schema.createTable('sequence_gaps'))
    .addColumn('reason', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('sequence_gaps_key', ['device', 'epoch', 'from_seq'])
    .execute();
  await ranged(schema.createTable('losses'))
    .addColumn('reason', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('losses_range').on('losses').columns(['device', 'epoch', 'to_seq']).execute();

  await schema
    .createTable('quarantine')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('received_at', 'integer', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('epoch', 'text')
    .addColumn('from_seq', 'integer')
    .addColumn('to_seq', 'integer')
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('payload', 'blob', (c) => c.notNull())
    .addUniqueConstraint('quarantine_once', ['device', 'digest'])
    .execute();
  await schema.createIndex('quarantine_device').on('quarantine').columns(['device', 'id']).execute();
  await schema
    .createTable('quarantine_totals')
    .addColumn('device', 'text', (c) => c.primaryKey())
    .addColumn('entries', 'integer', (c) => c.notNull())
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('evicted', 'integer', (c) => c.notNull())
    .execute();

  await schema
    .createTable('tokens')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull().unique())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .execute();
  await schema
    .createTable('sessions')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .execute();
  await schema
    .createTable('sign_in_codes')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .execute();
}

/** Columns of every table that holds records. */
function received(table: CreateTableBuilder<string, never>): CreateTableBuilder<string, string> {
  return table
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('received_at', 'integer', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull());
}

function ranged(table: CreateTableBuilder<string, never>): CreateTableBuilder<string, string> {
  return table
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('from_seq', 'integer', (c) => c.notNull())
    .addColumn('to_seq', 'integer', (c) => c.notNull());
}
