/** Moves records that have a row each into chunks, in the order of their ids; in both databases. Only version 22 of the schema does so. */
import { type Kysely, sql } from 'kysely';
import { type ChunkTableName, chunkColumns, rowsOf, type SizedRecord } from '../chunks/chunk-rows.ts';

/** In memory at once; of each stream among them one chunk is made, and small ones are merged later. */
const ROWS = 20_000;
/** JSON in memory at once. */
const MOST_BYTES = 32 * 1024 * 1024;
const STEP = 500;

interface Before {
  readonly id: number;
  readonly device: string;
  readonly epoch: string;
  readonly stream: string;
  readonly seq: number;
  readonly received_at: number;
  readonly backfill: number;
  readonly body: string;
}

export async function moveIntoChunks(query: Kysely<unknown>, table: ChunkTableName, before: string): Promise<void> {
  const groups = new Map<string, { readonly first: Before; readonly records: SizedRecord[] }>();
  let [held, bytes] = [0, 0];
  const flush = async () => {
    for (const { first, records } of groups.values())
      for (const row of rowsOf(first, records))
        await sql`INSERT INTO ${sql.table(table)} (${sql.join(chunkColumns.map((name) => sql.ref(name)))})
          VALUES (${sql.join(row)})`.execute(query);
    groups.clear();
    [held, bytes] = [0, 0];
  };
  for (let after = 0; ; ) {
    const { rows } = await sql<Before>`SELECT id, device, epoch, stream, seq, received_at, backfill, body
      FROM ${sql.table(before)} WHERE id > ${after} ORDER BY id LIMIT ${STEP}`.execute(query);
    for (const row of rows) {
      const key = [row.device, row.epoch, row.stream].join('\0');
      const group = groups.get(key) ?? { first: row, records: [] };
      groups.set(key, group);
      const { id, seq, received_at: receivedAt, backfill, body } = row;
      // It passed its schema before it was stored.
      const record = JSON.parse(body) as object;
      group.records.push({ id, seq, receivedAt, backfill: backfill !== 0, record, bytes: body.length });
      held++;
      bytes += body.length;
    }
    if (held >= ROWS || bytes >= MOST_BYTES) await flush();
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
  }
  await flush();
}
