/** What lists have in common: filters, order, and pages that are bounded in rows and in bytes. */
import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { Scope } from '../contract/identity.ts';
import type { Db } from './database.ts';
import type { Dialect } from './dialect.ts';

export interface ListFilter {
  readonly device?: string | undefined;
  /** Only of devices that have these labels now. */
  readonly scope?: Scope | undefined;
  readonly stream?: string | undefined;
  /** Bounds of the device's wall clock, milliseconds since 1970: `since` included, `until` not. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only rows received before this one. */
  readonly before?: number | undefined;
  /** Rows of a page. */
  readonly limit: number;
}

/** Most bytes of JSON that the rows of a page keep. A row that alone is larger is a page of its own. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** `next` is the cursor of the following page, absent on the last. */
export interface Page<T> {
  readonly items: T[];
  readonly next?: string;
}

/** A row that may come on a page, and how many bytes of JSON it keeps. */
export interface Mark<Id> {
  readonly id: Id;
  readonly bytes: number;
}

/** Size of a record's body, which SQLite knows without reading it. */
export const bodyBytes = sql<number>`octet_length(body)`.as('bytes');

/** Does the row's device have these labels? The row has a column `device`. */
export function isOfScope({ dialect }: Db, scope: Scope): RawBuilder<boolean> {
  return sql<boolean>`device IN (SELECT d.id FROM devices d WHERE ${hasLabels(dialect, scope)})`;
}

/** Does the device `d` have these labels? Keys are names (contract), so that they need no quotes. */
export function hasLabels(dialect: Dialect, scope: Scope): RawBuilder<boolean> {
  const each = Object.entries(scope).map(
    ([key, value]) => sql<boolean>`${sql.raw(dialect.jsonText('d.labels', key))} = ${value}`,
  );
  return sql<boolean>`${sql.join(each, sql` AND `)}`;
}

/**
 * The rows of one page.
 * @param marks as many as the page has at most and one more, in order
 */
export function fitting<Id extends string | number>(
  marks: readonly Mark<Id>[],
  limit: number,
): { readonly ids: Id[]; readonly next?: string } {
  const ids: Id[] = [];
  let bytes = 0;
  for (const mark of marks.slice(0, limit)) {
    bytes += mark.bytes;
    if (ids.length > 0 && bytes > MAX_PAGE_BYTES) break;
    ids.push(mark.id);
  }
  const last = ids.at(-1);
  return marks.length > ids.length && last !== undefined ? { ids, next: String(last) } : { ids };
}

/**
 * Reads one page: first how large the rows are, then those that fit, so that no more is ever in memory.
 * @param marks what `fitting` takes
 * @param read gives the rows of these ids, in the order of the list
 */
export async function readPage<Id extends string | number, Row, Item>(
  marks: readonly Mark<Id>[],
  limit: number,
  read: (ids: readonly Id[]) => Promise<readonly Row[]>,
  describe: (row: Row) => Item,
): Promise<Page<Item>> {
  const { ids, ...next } = fitting(marks, limit);
  return { items: ids.length > 0 ? (await read(ids)).map(describe) : [], ...next };
}

/** Columns that the filter looks at. */
interface Listed {
  id: number;
  device: string;
  stream: string | null;
  at: number;
}

/** What the times of a row are: of a chunk, those of its records. */
const timeColumns = {
  events: { first: 'at', last: 'at' },
  problems: { first: 'at', last: 'at' },
  summaries: { first: 'from_at', last: 'to_at' },
  readings: { first: 'from_at', last: 'to_at' },
} as const;

/** So many matches are sorted; more are found by walking back in the order of receipt. */
const FEW = 5000;

/**
 * For a filter by time alone, the ids of the matching rows if they are few: walking back over a whole table to find the few
 * rows of one hour would block the hub. Undefined: no such filter, or so many matches that the walk finds them soon.
 */
export async function fewInTime<T extends keyof typeof timeColumns>(
  { query }: Db,
  table: T,
  filter: ListFilter,
): Promise<number[] | undefined> {
  if (filter.device !== undefined || (filter.since === undefined && filter.until === undefined)) return undefined;
  const { first, last } = timeColumns[table];
  let select = query
    .selectFrom(table as 'events')
    .select('id')
    .limit(FEW + 1);
  if (filter.since !== undefined) select = select.where(sql.ref(last), '>=', filter.since);
  if (filter.until !== undefined) select = select.where(sql.ref(first), '<', filter.until);
  const ids = (await select.execute()).map((row) => row.id);
  return ids.length > FEW ? undefined : ids;
}

/**
 * Adds filter, order (newest received first) and limit (one row more than a page has) to a selection from a table of records.
 * @param among what `fewInTime` gave
 */
export function newestFirst<Q>(db: Db, selection: Q, filter: ListFilter, among?: readonly number[]): Q {
  // kysely cannot express "any of these tables"; each of them has the columns of `Listed`.
  let select = selection as unknown as SelectQueryBuilder<{ t: Listed }, 't', Listed>;
  if (filter.device !== undefined) select = select.where('device', '=', filter.device);
  if (filter.scope !== undefined) select = select.where(isOfScope(db, filter.scope));
  if (filter.stream !== undefined) select = select.where('stream', '=', filter.stream);
  if (filter.since !== undefined) select = select.where('at', '>=', filter.since);
  if (filter.until !== undefined) select = select.where('at', '<', filter.until);
  if (filter.before !== undefined) select = select.where('id', '<', filter.before);
  // No id is 0. Not every database accepts an empty list.
  if (among !== undefined) select = select.where('id', 'in', among.length > 0 ? among : [0]);
  return select.orderBy('id', 'desc').limit(filter.limit + 1) as unknown as Q;
}
