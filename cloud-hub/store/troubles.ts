/** Lists of `error` and `loss` records, newest first by receipt. */
import type { ErrorRecord, LossRecord } from '../../shared/contract/messages/record.ts';
import type { Trouble } from '../api/schemas/api.ts';
import type { HubDatabase } from './database.ts';
import { fewInTime, type ListFilter, newestFirst } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime } from './rows.ts';

export type TroubleStore = ReturnType<typeof createTroubleStore>;

export function createTroubleStore(database: HubDatabase) {
  return {
    async list(filter: ListFilter): Promise<Trouble[]> {
      const { query } = database;
      const few = await fewInTime(query, 'troubles', filter);
      const rows = await newestFirst(query.selectFrom('troubles').selectAll(), filter, few).execute();
      // The body passed its schema before it was stored.
      return rows.map((row) => describe(row.id, row.device, JSON.parse(row.body) as ErrorRecord | LossRecord));
    },
  };
}

/** What the API and the live feed say of a trouble just stored. */
export function troubleOf(item: StoredRecord, record: ErrorRecord | LossRecord): Trouble {
  return describe(item.id, item.device, record);
}

function describe(id: number, device: string, record: ErrorRecord | LossRecord): Trouble {
  const common = {
    id: String(id),
    device,
    ...(record.stream === undefined ? {} : { stream: record.stream }),
    at: isoTime(record.wall),
  };
  if (record.kind === 'error') {
    return { ...common, kind: 'error', code: record.code, message: record.message, count: record.count };
  }
  const range =
    record.to > 0 ? `numbers ${record.from} to ${record.to} of ${record.epoch}` : 'records without a number';
  return { ...common, kind: 'loss', code: 'loss', message: `${record.reason} (${range})`, count: record.lost };
}
