/** Alerts: rules, channels, silences, what fires, and the outbox of notifications. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('alert_rules')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('changed_by', 'text', (c) => c.notNull())
    .addColumn('told_at', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .createTable('alert_channels')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('secret', 'text')
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('changed_by', 'text', (c) => c.notNull())
    .execute();
  await schema
    .createTable('alert_silences')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('starts_at', 'integer', (c) => c.notNull())
    .addColumn('ends_at', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .execute();
  await schema
    .createTable('alerts')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('severity', 'text', (c) => c.notNull())
    .addColumn('since', 'integer', (c) => c.notNull())
    .addColumn('fired_at', 'integer', (c) => c.notNull())
    .addColumn('changed_at', 'integer', (c) => c.notNull())
    .addColumn('resolved_at', 'integer')
    .addColumn('text', 'text', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('event_id', 'integer')
    .addColumn('untold', 'integer', (c) => c.notNull())
    .addColumn('told', 'integer', (c) => c.notNull())
    .execute();
  await schema.createIndex('alerts_open').on('alerts').columns(['resolved_at', 'rule', 'device', 'subject']).execute();
  await schema.createIndex('alerts_untold').on('alerts').columns(['untold', 'rule', 'changed_at']).execute();
  await schema.createIndex('alerts_rule').on('alerts').columns(['rule', 'id']).execute();
  await schema.createIndex('alerts_device').on('alerts').columns(['device', 'id']).execute();
  await schema
    .createTable('alert_deliveries')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('channel', 'text', (c) => c.notNull())
    .addColumn('rule', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('tries', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('next_at', 'integer', (c) => c.notNull())
    .addColumn('done_at', 'integer')
    .addColumn('reason', 'text')
    .execute();
  await schema.createIndex('alert_deliveries_due').on('alert_deliveries').columns(['state', 'next_at']).execute();
  await schema.createIndex('alert_deliveries_channel').on('alert_deliveries').columns(['channel', 'id']).execute();
  // One row: up to which event and problem the rules have looked.
  await schema
    .createTable('alert_progress')
    .addColumn('id', 'integer', (c) => c.primaryKey())
    .addColumn('event_id', 'integer', (c) => c.notNull())
    .addColumn('problem_id', 'integer', (c) => c.notNull())
    .execute();
}
