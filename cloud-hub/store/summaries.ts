/** Lists of summaries, newest first by receipt. */
import type { SummaryRecord } from '../../shared/contract/messages/record.ts';
import type { Summary } from '../api/schemas/api.ts';
import type { HubDatabase } from './database.ts';
import { fewInTime, type ListFilter, newestFirst } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime } from './rows.ts';

export type SummaryStore = ReturnType<typeof createSummaryStore>;

export function createSummaryStore(database: HubDatabase) {
  return {
    async list(filter: ListFilter): Promise<Summary[]> {
      const { query } = database;
      const few = await fewInTime(query, 'summaries', filter);
      const rows = await newestFirst(query.selectFrom('summaries').selectAll(), filter, few).execute();
      // The body passed its schema before it was stored.
      return rows.map((row) => describe(row.id, row.device, JSON.parse(row.body) as SummaryRecord));
    },
  };
}

/** What the API and the live feed say of a summary just stored. */
export function summaryOf(item: StoredRecord, record: SummaryRecord): Summary {
  return describe(item.id, item.device, record);
}

function describe(id: number, device: string, record: SummaryRecord): Summary {
  const { stream, intervalMs, frames, inferred, gated, dropped, failed, labels, tracks, scores, latencyMs } = record;
  return {
    id: String(id),
    device,
    stream,
    at: isoTime(record.wall),
    intervalMs,
    frames,
    inferred,
    gated,
    dropped,
    failed,
    labels,
    tracks,
    scores,
    latencyMs,
  };
}
