/** What every list of received records has in common: filters, order, cursor. */
import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Tables } from './tables.ts';

export interface ListFilter {
  readonly device?: string | undefined;
  readonly stream?: string | undefined;
  /** Bounds of the device's wall clock, milliseconds since 1970: `since` included, `until` not. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Only rows received before this one. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Columns that the filter looks at. */
interface Listed {
  id: number;
  device: string;
  stream: string | null;
  at: number;
}

/** Rows that are rather sorted than looked for along the order of receipt. */
const FEW = 5000;

/**
 * For a filter by time alone, the ids that it matches, when they are few: walking back over a whole table to find the few
 * rows of the last hour would hold the hub up. Undefined: no such filter, or so many that the walk finds them soon.
 */
export async function fewInTime(
  query: Kysely<Tables>,
  table: 'events' | 'summaries' | 'readings' | 'troubles',
  filter: ListFilter,
): Promise<number[] | undefined> {
  if (filter.device !== undefined || (filter.since === undefined && filter.until === undefined)) return undefined;
  let select = query
    .selectFrom(table)
    .select('id')
    .limit(FEW + 1);
  if (filter.since !== undefined) select = select.where('at', '>=', filter.since);
  if (filter.until !== undefined) select = select.where('at', '<', filter.until);
  const ids = (await select.execute()).map((row) => row.id);
  return ids.length > FEW ? undefined : ids;
}

/**
 * Adds filter, order (newest received first) and limit to a selection from a table of records.
 * @param among what `fewInTime` gave
 */
export function newestFirst<Q>(selection: Q, filter: ListFilter, among?: readonly number[]): Q {
  // kysely cannot express "any of these tables"; each of them has the columns of `Listed`.
  let select = selection as unknown as SelectQueryBuilder<{ t: Listed }, 't', Listed>;
  if (filter.device !== undefined) select = select.where('device', '=', filter.device);
  if (filter.stream !== undefined) select = select.where('stream', '=', filter.stream);
  if (filter.since !== undefined) select = select.where('at', '>=', filter.since);
  if (filter.until !== undefined) select = select.where('at', '<', filter.until);
  if (filter.before !== undefined) select = select.where('id', '<', filter.before);
  // No id is 0; an empty list is no SQL everywhere.
  if (among !== undefined) select = select.where('id', 'in', among.length > 0 ? among : [0]);
  return select.orderBy('id', 'desc').limit(filter.limit) as unknown as Q;
}
