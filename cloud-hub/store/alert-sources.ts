/** What rules of alerts look at: events and problems after a row, and up to where they have looked. */
import type { ErrorRecord, EventRecord, LossRecord, SummaryRecord } from '../../shared/contract/messages/record.ts';
import { chunksBetween } from './chunks/read-chunks.ts';
import type { Db } from './database.ts';
import { timeColumn } from './rows.ts';
import { statementsOf } from './statement.ts';

/** A stored record and the row under which it is kept. */
export interface Found<R> {
  readonly id: number;
  readonly device: string;
  readonly receivedAt: number;
  readonly record: R;
}

/** The newest rows that the rules have looked at. */
export interface Progress {
  readonly event: number;
  readonly problem: number;
}

export interface StoredScores {
  readonly bins: readonly (readonly number[])[];
  readonly models: readonly string[];
}

/** A day of them, one every five seconds. */
const MOST_SUMMARIES = 17_280;

export type AlertSourceStore = ReturnType<typeof createAlertSourceStore>;

export function createAlertSourceStore(db: Db) {
  const prepare = statementsOf(db);
  const after = (table: 'events' | 'problems') =>
    prepare(`SELECT id, device, received_at, body FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`);
  const events = after('events');
  const problems = after('problems');
  const newest = prepare(
    'SELECT (SELECT coalesce(max(id), 0) FROM events) AS event, (SELECT coalesce(max(id), 0) FROM problems) AS problem',
  );
  const progress = prepare('SELECT event_id AS event, problem_id AS problem FROM alert_progress WHERE id = 1');
  const setProgress = prepare(
    `INSERT INTO alert_progress (id, event_id, problem_id) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET event_id = excluded.event_id, problem_id = excluded.problem_id`,
  );
  const found = <R>(rows: readonly unknown[]) =>
    (rows as { id: number; device: string; received_at: number; body: string }[]).map(
      ({ id, device, received_at: receivedAt, body }): Found<R> => ({
        ...{ id, device, receivedAt },
        // It passed its schema before it was stored.
        record: JSON.parse(body) as R,
      }),
    );

  return {
    eventsAfter: async (row: number, most: number) => found<EventRecord>(await events.all(row, most)),
    problemsAfter: async (row: number, most: number) => found<ErrorRecord | LossRecord>(await problems.all(row, most)),
    /**
     * Detection scores of a stream, by the time of its summaries (milliseconds since 1970): ten bins over 0 to 1.
     * @returns the bins of each summary, and the digests of the models that gave them
     */
    async scoresBetween(device: string, stream: string, from: number, to: number): Promise<StoredScores> {
      const bins: (readonly number[])[] = [];
      const models = new Set<string>();
      for await (const chunk of chunksBetween(db, 'summaries', { device, stream, since: from, until: to })) {
        const walls = chunk.column('wall');
        for (let at = 0; at < chunk.length && bins.length < MOST_SUMMARIES; at++) {
          const wall = timeColumn(Number(walls[at] ?? 0));
          if (wall < from || wall >= to) continue;
          // It passed its schema before it was stored.
          const { scores, model } = JSON.parse(chunk.json(at)) as SummaryRecord;
          bins.push(scores);
          models.add(model?.digest ?? '');
        }
        if (bins.length === MOST_SUMMARIES) break;
      }
      return { bins, models: [...models] };
    },
    newest: async () => (await newest.get()) as Progress,
    /** Undefined: the rules have never looked. */
    progress: async () => (await progress.get()) as Progress | undefined,
    /** Part of a transaction. */
    setProgress: async ({ event, problem }: Progress): Promise<void> => {
      await setProgress.run(event, problem);
    },
  };
}
