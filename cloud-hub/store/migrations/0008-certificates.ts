/** Claims, who asked to be let in with them, and the certificates of devices. */
import type { Kysely } from 'kysely';

export async function up(query: Kysely<unknown>): Promise<void> {
  const { schema } = query;
  await schema
    .createTable('claims')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('labels', 'text', (c) => c.notNull())
    .addColumn('uses', 'integer', (c) => c.notNull())
    .addColumn('used', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('approve', 'integer', (c) => c.notNull())
    .addColumn('expires_at', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'integer', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('revoked_at', 'integer')
    .execute();

  await schema
    .createTable('enrolments')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('claim', 'integer', (c) => c.notNull().references('claims.id'))
    // One at a time asks for a name.
    .addColumn('device', 'text', (c) => c.notNull().unique())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('address', 'text', (c) => c.notNull())
    .addColumn('asked_at', 'integer', (c) => c.notNull())
    .addColumn('decided_by', 'text')
    .execute();
  await schema.createIndex('enrolments_state').on('enrolments').columns(['state', 'id']).execute();
  await schema.createIndex('enrolments_claim').on('enrolments').column('claim').execute();

  await schema
    .createTable('certificates')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('serial', 'text', (c) => c.notNull().unique())
    // Not a reference: what was revoked stays revoked when its device is deleted.
    .addColumn('device', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('pem', 'text', (c) => c.notNull())
    .addColumn('issued_at', 'integer', (c) => c.notNull())
    .addColumn('ends_at', 'integer', (c) => c.notNull())
    .addColumn('revoked_at', 'integer')
    .addColumn('reason', 'text')
    .execute();
  await schema.createIndex('certificates_device').on('certificates').columns(['device', 'id']).execute();
  await schema.createIndex('certificates_key').on('certificates').columns(['device', 'key']).execute();
}
