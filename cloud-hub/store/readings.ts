/** Readings: lists, newest first by receipt, and their course over time. */
import type { ReadingRecord } from '../../shared/contract/messages/record.ts';
import type { Reading, ReadingBucket } from '../contract/reading.ts';
import type { Chunk } from './chunks/chunk.ts';
import { chunksBetween, readChunkPage } from './chunks/read-chunks.ts';
import type { Db } from './database.ts';
import { type ListFilter, MAX_PAGE_BYTES, type Page } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { isoTime, modelText, timeColumn } from './rows.ts';

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
  return {
    list: (filter: ListFilter): Promise<Page<Reading>> =>
      readChunkPage(db, 'readings', filter, ({ id, device, receivedAt, body }) =>
        describe(id, device, receivedAt, recordOf(body)),
      ),

    /** Sums a stream's readings up by equal spans of time, the newest first; a span without a reading is left out. */
    async course(filter: CourseFilter): Promise<ReadingBucket[]> {
      const spans = new Map<number, Span>();
      for await (const chunk of chunksBetween(db, 'readings', filter)) {
        addTo(spans, chunk, filter);
        if (spans.size > 2 * MAX_BUCKETS) for (const [old] of newestFirst(spans).slice(MAX_BUCKETS)) spans.delete(old);
      }
      let bytes = 0;
      return newestFirst(spans)
        .slice(0, MAX_BUCKETS)
        .map(([bucket, { readings, anomalous, score, chunk, place }]) => {
          // Of as many spans as fit on a page, the newest, the values too.
          const body = bytes > MAX_PAGE_BYTES ? undefined : chunk.json(place);
          bytes += body === undefined ? 0 : Buffer.byteLength(body);
          const isShown = body !== undefined && (bytes <= MAX_PAGE_BYTES || bytes === Buffer.byteLength(body));
          const { threshold, values, level, expected } = isShown ? recordOf(body) : ({} as Partial<ReadingRecord>);
          return {
            at: isoTime(bucket * filter.bucketMs),
            readings,
            anomalous,
            ...(score === undefined ? {} : { score }),
            ...(threshold === undefined ? {} : { threshold }),
            ...(values === undefined ? {} : { values }),
            ...(level === undefined ? {} : { level }),
            ...(expected === undefined ? {} : { expected }),
          };
        });
    },
  };
}

/** What a course says of a span of time, and where its newest reading is. */
interface Span {
  readings: number;
  anomalous: number;
  score: number | undefined;
  id: number;
  chunk: Chunk;
  place: number;
}

function addTo(spans: Map<number, Span>, chunk: Chunk, { since, until, bucketMs }: CourseFilter): void {
  const [walls, scores, states] = [chunk.column('wall'), chunk.column('score'), chunk.column('anomalous')];
  for (let place = 0; place < chunk.length; place++) {
    const at = timeColumn(Number(walls[place] ?? 0));
    if (at < since || (until !== undefined && at >= until)) continue;
    const bucket = Math.floor(at / bucketMs);
    const [id = 0, score] = [chunk.ids[place], scores[place]];
    const span = spans.get(bucket);
    const anomalous = states[place] === true ? 1 : 0;
    const reached = typeof score === 'number' ? score : undefined;
    if (!span) {
      spans.set(bucket, { readings: 1, anomalous, score: reached, id, chunk, place });
      continue;
    }
    span.readings++;
    span.anomalous += anomalous;
    if (reached !== undefined && (span.score === undefined || reached > span.score)) span.score = reached;
    if (id > span.id) Object.assign(span, { id, chunk, place });
  }
}

function newestFirst(spans: ReadonlyMap<number, Span>): [bucket: number, span: Span][] {
  return [...spans].toSorted(([a], [b]) => b - a);
}

/** What the API and the live feed say of a reading just stored. */
export function readingOf(item: StoredRecord, record: ReadingRecord): Reading {
  return describe(item.id, item.device, item.receivedAt, record);
}

/** The body passed its schema before it was stored. */
function recordOf(body: string): ReadingRecord {
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
