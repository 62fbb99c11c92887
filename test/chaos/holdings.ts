/** What the hub holds, read from its database after it has ended. */
import path from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { contentOf } from './content.ts';
import type { Gaps, ReportedLoss, Stored } from './history.ts';

const tables = ['events', 'summaries', 'readings', 'problems', 'records'] as const;
const row = z.object({
  id: z.number(),
  epoch: z.string(),
  seq: z.number(),
  backfill: z.number(),
  stream: z.string().nullable(),
  body: z.string(),
});
const loss = z.object({
  kind: z.literal('loss'),
  epoch: z.string(),
  from: z.number(),
  to: z.number(),
  lost: z.number(),
  reason: z.string(),
});
const gap = z.object({ epoch: z.string(), from_seq: z.number(), to_seq: z.number() });

export interface Holdings {
  readonly stored: readonly Stored[];
  readonly losses: readonly ReportedLoss[];
  readonly ledgers: readonly Gaps[];
}

/** @param dataDir of the hub */
export function holdingsOf(dataDir: string, device: string): Holdings {
  const database = new Database(path.join(dataDir, 'hub.db'), { readonly: true });
  try {
    const stored: Stored[] = [];
    const losses: ReportedLoss[] = [];
    for (const table of tables) {
      const select = database.prepare(
        `SELECT id, epoch, seq, backfill, stream, body FROM ${table} WHERE device = ? ORDER BY id`,
      );
      for (const found of select.iterate(device)) {
        const { id, epoch, seq, backfill, stream, body } = row.parse(found);
        stored.push({
          id,
          epoch,
          seq,
          stream: stream ?? '',
          table,
          backfill: backfill === 1,
          content: contentOf(body),
        });
        const reported = table === 'problems' ? loss.safeParse(JSON.parse(body)).data : undefined;
        if (reported) losses.push(reported);
      }
    }
    const gaps = database.prepare('SELECT epoch, from_seq, to_seq FROM sequence_gaps WHERE device = ?').all(device);
    const ledgers = z
      .array(gap)
      .parse(gaps)
      .map(({ epoch, from_seq: from, to_seq: to }) => ({ epoch, gaps: [{ from, to }] }));
    return { stored, losses, ledgers };
  } finally {
    database.close();
  }
}
