/** Alerts that somebody took on, steps of escalation, and browsers that get notifications. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema.alterTable('alerts').addColumn('told_at', 'integer').execute();
  await schema.alterTable('alerts').addColumn('acknowledged_at', 'integer').execute();
  await schema.alterTable('alerts').addColumn('acknowledged_by', 'text').execute();
  await schema
    .alterTable('alerts')
    .addColumn('steps', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .alterTable('alert_deliveries')
    .addColumn('target', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .createTable('push_subscriptions')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('owner', 'integer', (c) => c.notNull().references('tokens.id').onDelete('cascade'))
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('sealed', 'text', (c) => c.notNull())
    .addColumn('browser', 'text', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .execute();
  await schema.createIndex('push_subscriptions_owner').on('push_subscriptions').columns(['owner']).execute();
}
