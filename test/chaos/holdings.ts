/** What the hub holds, read from its database after it has ended. */
import path from 'node:path';
import Database from 'better-sqlite3';
import { Client } from 'pg';
import { z } from 'zod';
import { chunkTables, recordsOf } from '../../cloud-hub/store/chunks/chunk-rows.ts';
import { contentOf } from './content.ts';
import type { Gaps, ReportedLoss, Stored } from './history.ts';
import { type OpinionHistory, outcomes } from './opinions.ts';

const tables = ['events', 'problems', 'records'] as const;
const row = z.object({
  id: z.number(),
  epoch: z.string(),
  seq: z.number(),
  backfill: z.number(),
  stream: z.string().nullable(),
  body: z.string(),
});
const chunkRow = z.object({ epoch: z.string(), stream: z.string(), data: z.instanceof(Uint8Array) });
const loss = z.object({
  kind: z.literal('loss'),
  epoch: z.string(),
  from: z.number(),
  to: z.number(),
  lost: z.number(),
  reason: z.string(),
});
const asked = z.object({ id: z.number(), opinions: z.number() });
const opinion = z.object({ sample: z.string(), stream: z.string(), outcome: z.enum(outcomes), body: z.string() });
const opinionBody = z.object({ bytes: z.number(), event: z.unknown().optional() });
const total = z.object({
  ...{ stream: z.string(), samples: z.number(), bytes: z.number() },
  ...{ confirmed: z.number(), changed: z.number(), withdrawn: z.number() },
});
const gap = z.object({ epoch: z.string(), from_seq: z.number(), to_seq: z.number() });

export interface Holdings {
  readonly stored: readonly Stored[];
  readonly losses: readonly ReportedLoss[];
  readonly ledgers: readonly Gaps[];
}

/** Rows of a statement with one parameter, the device. */
type Read = (text: string, device: string) => Promise<unknown[]>;

export interface HubRows {
  readonly read: Read;
  close(): Promise<void>;
}

/** @param dataDir of the hub @param url of its database on a PostgreSQL server, if it is there */
export async function openHubRows(dataDir: string, url?: string): Promise<HubRows> {
  if (url === undefined) {
    const database = new Database(path.join(dataDir, 'hub.db'), { readonly: true });
    return {
      read: async (text, device) => database.prepare(text).all(device),
      async close() {
        database.close();
      },
    };
  }
  const client = new Client({ connectionString: url });
  // Whole numbers and sums as numbers, as SQLite gives them.
  for (const type of [20, 1700]) client.setTypeParser(type, Number);
  await client.connect();
  return {
    read: async (text, device) => (await client.query(text.replace('?', '$1'), [device])).rows,
    close: () => client.end(),
  };
}

export async function opinionsOf(
  read: Read,
  device: string,
): Promise<Pick<OpinionHistory, 'asked' | 'opinions' | 'totals'>> {
  const all = async <T extends z.ZodType>(schema: T, text: string) => z.array(schema).parse(await read(text, device));
  const join = 'events e LEFT JOIN opinions o ON o.device = e.device AND o.sample = e.sample';
  const where = 'e.device = ? AND e.sample IS NOT NULL';
  const opinions = await all(opinion, 'SELECT sample, stream, outcome, body FROM opinions WHERE device = ?');
  return {
    asked: await all(asked, `SELECT e.id, count(o.id) AS opinions FROM ${join} WHERE ${where} GROUP BY e.id`),
    opinions: opinions.map(({ body, ...rest }) => {
      const { bytes, event } = opinionBody.parse(JSON.parse(body));
      return { ...rest, bytes, isOfEvent: event !== undefined };
    }),
    totals: await all(total, 'SELECT * FROM opinion_totals WHERE device = ?'),
  };
}

export async function holdingsOf(read: Read, device: string): Promise<Holdings> {
  const stored: Stored[] = [];
  const losses: ReportedLoss[] = [];
  for (const table of tables) {
    const select = `SELECT id, epoch, seq, backfill, stream, body FROM ${table} WHERE device = ? ORDER BY id`;
    for (const found of await read(select, device)) {
      const { id, epoch, seq, backfill, stream, body } = row.parse(found);
      stored.push({
        ...{ id, epoch, seq, stream: stream ?? '', table },
        backfill: backfill === 1,
        content: contentOf(body),
      });
      const reported = table === 'problems' ? loss.safeParse(JSON.parse(body)).data : undefined;
      if (reported) losses.push(reported);
    }
  }
  for (const table of chunkTables)
    for (const found of await read(`SELECT epoch, stream, data FROM ${table} WHERE device = ? ORDER BY id`, device)) {
      const { epoch, stream, data } = chunkRow.parse(found);
      for (const { id, seq, backfill, record } of recordsOf(data))
        stored.push({ id, epoch, seq, stream, table, backfill, content: contentOf(JSON.stringify(record)) });
    }
  const gaps = await read('SELECT epoch, from_seq, to_seq FROM sequence_gaps WHERE device = ?', device);
  const ledgers = z
    .array(gap)
    .parse(gaps)
    .map(({ epoch, from_seq: from, to_seq: to }) => ({ epoch, gaps: [{ from, to }] }));
  return { stored, losses, ledgers };
}
