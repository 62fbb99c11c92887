/** What rules of alerts look at: events and problems after a row, and up to where they have looked. */
import type { ErrorRecord, EventRecord, LossRecord, SummaryRecord } from '../../shared/contract/messages/record.ts';
import type { EventOpinion, Opinion } from '../contract/opinion.ts';
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

/** An event with its second opinion, if the hub was asked for one and has it. */
export interface FoundEvent extends Found<EventRecord> {
  readonly opinion?: Pick<EventOpinion, 'outcome' | 'label' | 'score'> | undefined;
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

interface OpinionColumns {
  readonly outcome: Opinion['outcome'] | null;
  readonly opinion: string | null;
}

function opinionIn(row: OpinionColumns | undefined): FoundEvent['opinion'] {
  if (!row || row.outcome === null || row.opinion === null) return undefined;
  // Our own code wrote it.
  const { label, score } = (JSON.parse(row.opinion) as Pick<Opinion, 'hub'>).hub;
  return { outcome: row.outcome, label, score };
}

/** A day of them, one every five seconds. */
const MOST_SUMMARIES = 17_280;

export type AlertSourceStore = ReturnType<typeof createAlertSourceStore>;

export function createAlertSourceStore(db: Db) {
  const prepare = statementsOf(db);
  const problems = prepare('SELECT id, device, received_at, body FROM problems WHERE id > ? ORDER BY id LIMIT ?');
  const events = prepare(
    `SELECT e.id, e.device, e.received_at, e.body, o.outcome, o.body AS opinion
       FROM events e LEFT JOIN opinions o ON o.device = e.device AND o.sample = e.sample
       WHERE e.id > ? ORDER BY e.id LIMIT ?`,
  );
  const newest = prepare(
    'SELECT (SELECT coalesce(max(id), 0) FROM events) AS event, (SELECT coalesce(max(id), 0) FROM problems) AS problem',
  );
  // Row 1 is of rules that do not wait; row 1 + n of those that wait n seconds for verdicts.
  const progress = prepare('SELECT event_id AS event, problem_id AS problem FROM alert_progress WHERE id = ?');
  const setProgress = prepare(
    `INSERT INTO alert_progress (id, event_id, problem_id) VALUES (?, ?, ?)
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
    eventsAfter: async (row: number, most: number): Promise<FoundEvent[]> => {
      const rows = (await events.all(row, most)) as OpinionColumns[];
      return found<EventRecord>(rows).map((event, i) => ({ ...event, opinion: opinionIn(rows[i]) }));
    },
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
    /** @param waitS of rules that wait so long for verdicts; 0: of the others. @returns undefined: they have never looked */
    progress: async (waitS = 0) => (await progress.get(1 + waitS)) as Progress | undefined,
    /** Part of a transaction. */
    setProgress: async ({ event, problem }: Progress, waitS = 0): Promise<void> => {
      await setProgress.run(1 + waitS, event, problem);
    },
  };
}
