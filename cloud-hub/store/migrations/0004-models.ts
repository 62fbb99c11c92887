/** Model versions and their aliases, sets of streams, what each device should run, rollouts, labels of devices, the audit. */
import type { CreateTableBuilder, Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .alterTable('devices')
    .addColumn('labels', 'text', (c) => c.notNull().defaultTo('{}'))
    .execute();

  await made(schema.createTable('models'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull().unique())
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('manifest', 'text', (c) => c.notNull())
    .addColumn('labels', 'text', (c) => c.notNull())
    .addColumn('metrics', 'text', (c) => c.notNull())
    .addUniqueConstraint('models_version', ['name', 'version'])
    .execute();
  await schema.createIndex('models_name').on('models').columns(['name', 'id']).execute();
  await schema
    .createTable('model_aliases')
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('alias', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('changed_by', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('model_aliases_key', ['name', 'alias'])
    .addForeignKeyConstraint('model_aliases_model', ['name', 'version'], 'models', ['name', 'version'])
    .execute();

  await made(schema.createTable('stream_sets'))
    .addColumn('revision', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .execute();

  await schema
    .createTable('desired')
    .addColumn('device', 'text', (c) => c.primaryKey().references('devices.id').onDelete('cascade'))
    .addColumn('revision', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .execute();

  await made(schema.createTable('rollouts'))
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('plan', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('wave', 'integer', (c) => c.notNull())
    .addColumn('settled_at', 'integer')
    .addColumn('waived', 'text', (c) => c.notNull())
    .addColumn('gates', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .execute();
  await schema.createIndex('rollouts_status').on('rollouts').columns(['status', 'subject']).execute();
  await schema
    .createTable('rollout_devices')
    .addColumn('rollout', 'integer', (c) => c.notNull().references('rollouts.id').onDelete('cascade'))
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('wave', 'integer', (c) => c.notNull())
    .addColumn('asked_at', 'integer', (c) => c.notNull())
    .addColumn('previous', 'text')
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('rollout_devices_key', ['rollout', 'device'])
    .execute();
  await schema
    .createTable('rollout_history')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('rollout', 'integer', (c) => c.notNull().references('rollouts.id').onDelete('cascade'))
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('rollout_history_rollout').on('rollout_history').columns(['rollout', 'id']).execute();

  await schema
    .createTable('audit')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('at', 'integer', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .execute();
}

/** Columns of what somebody made: id, when, who. */
function made(table: CreateTableBuilder<string, never>): CreateTableBuilder<string, string> {
  return table
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull());
}
