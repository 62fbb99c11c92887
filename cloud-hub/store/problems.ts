/** Lists of `error` and `loss` records, newest first by receipt. */
import type { ErrorRecord, LossRecord } from '../../shared/contract/messages/record.ts';
import type { Problem } from '../contract/problem.ts';
import type { Db } from './database.ts';
import { bodyBytes, fewInTime, type ListFilter, newestFirst, type Page, readPage } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime } from './rows.ts';

export type ProblemStore = ReturnType<typeof createProblemStore>;

export function createProblemStore(db: Db) {
  return {
    async list(filter: ListFilter): Promise<Page<Problem>> {
      const { query } = db;
      const few = await fewInTime(db, 'problems', filter);
      const marks = await newestFirst(
        db,
        query.selectFrom('problems').select(['id', bodyBytes]),
        filter,
        few,
      ).execute();
      const read = (ids: readonly number[]) =>
        query.selectFrom('problems').selectAll().where('id', 'in', ids).orderBy('id', 'desc').execute();
      // The body passed its schema before it was stored.
      return readPage(marks, filter.limit, read, (row) =>
        describe(row.id, row.device, JSON.parse(row.body) as ErrorRecord | LossRecord),
      );
    },
  };
}

/** What the API and the live feed say of a problem just stored. */
export function problemOf(item: StoredRecord, record: ErrorRecord | LossRecord): Problem {
  return describe(item.id, item.device, record);
}

function describe(id: number, device: string, record: ErrorRecord | LossRecord): Problem {
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
