/** Readings: lists, newest first by receipt, and their course over time. */
import { sql } from 'kysely';
import type { ReadingRecord } from '../../shared/contract/messages/record.ts';
import type { Reading, ReadingBucket } from '../contract/reading.ts';
import type { Db } from './database.ts';
import { bodyBytes, fewInTime, fitting, type ListFilter, newestFirst, type Page, readPage } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime, modelText } from './rows.ts';

/** The most buckets of one course; the newest are given. */
export const MAX_BUCKETS = 2000;

export interface CourseFilter {
  readonly device: string;
  readonly stream: string;
  /** Bounds of the device's wall clock, milliseconds since 1970: `since` included, `until` not. */
  readonly since: number;
  readonly until?: number | undefined;
  /** Width of a bucket in whole milliseconds; buckets begin at its multiples since 1970. */
  readonly bucketMs: number;
}

export type ReadingStore = ReturnType<typeof createReadingStore>;

export function createReadingStore(db: Db) {
  const { query } = db;

  /** Those that fit on a page, the newest. */
  async function recordsOf(ids: readonly number[]): Promise<ReadonlyMap<number, ReadingRecord>> {
    if (ids.length === 0) return new Map();
    const all = query.selectFrom('readings').select(['id', bodyBytes]).where('id', 'in', ids).orderBy('id', 'desc');
    const few = fitting(await all.execute(), ids.length).ids;
    const rows = await query.selectFrom('readings').select(['id', 'body']).where('id', 'in', few).execute();
    return new Map(rows.map((row) => [row.id, recordOf(row)]));
  }

  return {
    async list(filter: ListFilter): Promise<Page<Reading>> {
      const few = await fewInTime(db, 'readings', filter);
      const marks = await newestFirst(
        db,
        query.selectFrom('readings').select(['id', bodyBytes]),
        filter,
        few,
      ).execute();
      const read = (ids: readonly number[]) =>
        query.selectFrom('readings').selectAll().where('id', 'in', ids).orderBy('id', 'desc').execute();
      return readPage(marks, filter.limit, read, (row) => describe(row.id, row.device, row.received_at, recordOf(row)));
    },

    /** Sums a stream's readings up by equal spans of time, the newest first; a span without a reading is left out. */
    async course({ device, stream, since, until, bucketMs }: CourseFilter): Promise<ReadingBucket[]> {
      let select = query
        .selectFrom('readings')
        // A bound number may arrive as a float, and the division must be one of integers.
        .select(sql<number>`at / cast(${bucketMs} as bigint)`.as('bucket'))
        .select(({ fn }) => [
          fn.countAll<number>().as('readings'),
          fn.sum<number | null>('anomalous').as('anomalous'),
          fn.max('score').as('score'),
          fn.max('id').as('last'),
        ])
        .where('device', '=', device)
        .where('stream', '=', stream)
        .where('at', '>=', since);
      if (until !== undefined) select = select.where('at', '<', until);
      const buckets = await select.groupBy('bucket').orderBy('bucket', 'desc').limit(MAX_BUCKETS).execute();
      const lasts = await recordsOf(buckets.map(({ last }) => last));
      return buckets.map(({ bucket, readings, anomalous, score, last }) => {
        const { threshold, values, level, expected } = lasts.get(last) ?? {};
        return {
          at: isoTime(bucket * bucketMs),
          readings,
          anomalous: anomalous ?? 0,
          ...(score === null ? {} : { score }),
          ...(threshold === undefined ? {} : { threshold }),
          ...(values === undefined ? {} : { values }),
          ...(level === undefined ? {} : { level }),
          ...(expected === undefined ? {} : { expected }),
        };
      });
    },
  };
}

/** What the API and the live feed say of a reading just stored. */
export function readingOf(item: StoredRecord, record: ReadingRecord): Reading {
  return describe(item.id, item.device, item.receivedAt, record);
}

/** The body passed its schema before it was stored. */
function recordOf({ body }: { body: string }): ReadingRecord {
  return JSON.parse(body) as ReadingRecord;
}

function describe(id: number, device: string, receivedAt: number, record: ReadingRecord): Reading {
  const { stream, ptsMs, score, threshold, anomalous, label, values, model } = record;
  const { level, contributions, expected } = record;
  return {
    id: String(id),
    device,
    stream,
    at: isoTime(record.wall),
    receivedAt: isoTime(receivedAt),
    clock: record.clock,
    ...(ptsMs === undefined ? {} : { ptsMs }),
    ...(score === undefined ? {} : { score }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(anomalous === undefined ? {} : { anomalous }),
    ...(label === undefined ? {} : { label }),
    ...(values === undefined ? {} : { values }),
    ...(level === undefined ? {} : { level }),
    ...(contributions === undefined ? {} : { contributions }),
    ...(expected === undefined ? {} : { expected }),
    ...(model === undefined ? {} : { model: modelText(model) }),
  };
}
