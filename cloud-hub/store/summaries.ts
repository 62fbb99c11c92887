/** Lists of summaries, newest first by receipt. */
import type { SummaryRecord } from '../../shared/contract/messages/record.ts';
import type { Summary } from '../contract/summary.ts';
import type { Db } from './database.ts';
import { bodyBytes, fewInTime, type ListFilter, newestFirst, type Page, readPage } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime } from './rows.ts';

export type SummaryStore = ReturnType<typeof createSummaryStore>;

export function createSummaryStore(db: Db) {
  return {
    async list(filter: ListFilter): Promise<Page<Summary>> {
      const { query } = db;
      const few = await fewInTime(db, 'summaries', filter);
      const marks = await newestFirst(
        db,
        query.selectFrom('summaries').select(['id', bodyBytes]),
        filter,
        few,
      ).execute();
      const read = (ids: readonly number[]) =>
        query.selectFrom('summaries').selectAll().where('id', 'in', ids).orderBy('id', 'desc').execute();
      // The body passed its schema before it was stored.
      return readPage(marks, filter.limit, read, (row) =>
        describe(row.id, row.device, JSON.parse(row.body) as SummaryRecord),
      );
    },
  };
}

/** What the API and the live feed say of a summary just stored. */
export function summaryOf(item: StoredRecord, record: SummaryRecord): Summary {
  return describe(item.id, item.device, record);
}

function describe(id: number, device: string, record: SummaryRecord): Summary {
  const { stream, intervalMs, frames, inferred, gated, dropped, failed, labels, tracks, scores, latencyMs } = record;
  const { thinned, askedFps } = record;
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
    ...(thinned === undefined ? {} : { thinned }),
    failed,
    ...(askedFps === undefined ? {} : { askedFps }),
    labels,
    tracks,
    scores,
    latencyMs,
  };
}
