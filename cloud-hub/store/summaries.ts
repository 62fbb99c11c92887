/** Lists of summaries, newest first by receipt. */
import type { SummaryRecord } from '../../shared/contract/messages/record.ts';
import type { Summary } from '../contract/summary.ts';
import { readChunkPage } from './chunks/read-chunks.ts';
import type { Db } from './database.ts';
import type { ListFilter, Page } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime } from './rows.ts';

export type SummaryStore = ReturnType<typeof createSummaryStore>;

export function createSummaryStore(db: Db) {
  return {
    list: (filter: ListFilter): Promise<Page<Summary>> =>
      // The body passed its schema before it was stored.
      readChunkPage(db, 'summaries', filter, ({ id, device, body }) =>
        describe(id, device, JSON.parse(body) as SummaryRecord),
      ),
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
