/** Readings and summaries of a hub before chunks: all of them are in chunks afterwards, as they were. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { databaseAddress } from '../../../../cloud-hub/database-address.ts';
import { FLEET } from '../../../../cloud-hub/store/postgres/baseline/fleet.ts';
import { JUDGEMENTS } from '../../../../cloud-hub/store/postgres/baseline/judgements.ts';
import { PEOPLE } from '../../../../cloud-hub/store/postgres/baseline/people.ts';
import { RECORDS } from '../../../../cloud-hub/store/postgres/baseline/records.ts';
import { AGREEMENTS } from '../../../../cloud-hub/store/postgres/changes/0020-agreements.ts';
import { HOLDS } from '../../../../cloud-hub/store/postgres/changes/0021-holds.ts';
import { migratePostgres } from '../../../../cloud-hub/store/postgres/migrations.ts';
import { type HubStore, openStore } from '../../../../cloud-hub/store/store.ts';
import { openSqlite } from '../../../../shared/kit/sqlite.ts';
import { hasPostgres, withoutPostgres } from '../../../support/postgres.ts';
import { tempFolder } from '../../../support/temp.ts';
import { readingRecord } from '../../support.ts';
import { postgresOfFile, queryOf } from '../postgres/support.ts';

const COUNT = 2500;
const STREAMS = ['motor', 'pump', 'fan'];

/** Ids with holes, as retention and other streams leave them. */
const rows = Array.from({ length: COUNT }, (_, i) => ({
  ...{ id: 10 + 2 * i, seq: 100 + i, stream: STREAMS[i % 3] ?? '', backfill: i % 7 === 0 ? 1 : 0 },
  body: JSON.stringify(
    readingRecord(100 + i, { stream: STREAMS[i % 3] ?? '', wall: i * 1000, score: i / 8, novel: [i] }),
  ),
}));

const values = ({ id, seq, stream, backfill, body }: (typeof rows)[number]) =>
  `(${id}, 'cam', 'e7', ${seq}, ${(seq - 100) * 1000}, ${9000 + seq}, ${backfill}, '${body}', '${stream}', ${(seq - 100) / 8}, 0)`;
const COLUMNS = '(id, device, epoch, seq, at, received_at, backfill, body, stream, score, anomalous)';

async function expectMoved(store: HubStore): Promise<void> {
  const found = [];
  for (let before: number | undefined; ; ) {
    const page = await store.readings.list({ limit: 500, before });
    found.push(...page.items);
    if (page.next === undefined) break;
    before = Number(page.next);
  }
  const wanted = rows.map(({ id, seq, stream }) => ({
    ...{ id: String(id), stream, score: (seq - 100) / 8 },
    at: new Date((seq - 100) * 1000).toISOString(),
    receivedAt: new Date(9000 + seq).toISOString(),
  }));
  expect(
    found
      .filter(({ id }) => Number(id) >= 10)
      .map(({ id, stream, score, at, receivedAt }) => {
        return { id, stream, score, at, receivedAt };
      }),
  ).toEqual(wanted.toReversed());
}

test('on SQLite', async () => {
  const folder = tempFolder();
  const file = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  file.exec(readFileSync(path.join(import.meta.dirname, '../databases/version-21.sql'), 'utf8'));
  for (const row of rows) file.exec(`INSERT INTO readings ${COLUMNS} VALUES ${values(row)}`);
  file.close();
  const store = await openStore(folder, 1);
  onTestFinished(() => store.close());
  await expectMoved(store);
  expect((await store.readings.list({ limit: 500 })).items).toHaveLength(500);
});

describe.skipIf(!hasPostgres)(`on PostgreSQL${withoutPostgres}`, () => {
  const postgres = postgresOfFile();

  test('too, and the next id is one that was never given', async () => {
    const url = await postgres.it().newDatabase();
    const query = queryOf(url);
    for (const text of [FLEET, RECORDS, PEOPLE, JUDGEMENTS, AGREEMENTS, HOLDS]) await sql.raw(text).execute(query);
    await sql`CREATE TABLE schema_version (version bigint PRIMARY KEY, applied_at bigint NOT NULL)`.execute(query);
    await sql`INSERT INTO schema_version VALUES (21, 1)`.execute(query);
    for (let at = 0; at < rows.length; at += 500)
      await sql
        .raw(
          `INSERT INTO readings ${COLUMNS} VALUES ${rows
            .slice(at, at + 500)
            .map(values)
            .join(',')}`,
        )
        .execute(query);
    await sql`SELECT setval(pg_get_serial_sequence('readings', 'id'), 77777)`.execute(query);
    expect(await migratePostgres(query, 2)).toMatchObject({ from: 21 });
    const store = await openStore(tempFolder(), 1, { address: databaseAddress(url) });
    onTestFinished(() => store.close());
    await expectMoved(store);
    const { rows: next } = await sql<{
      id: number;
    }>`SELECT nextval(pg_get_serial_sequence('readings', 'id')) AS id`.execute(query);
    expect(Number(next[0]?.id)).toBe(77778);
  });
});
