/** Pieces of route schemas that repeat. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { answers } from '../../shared/http/answers.ts';
import { ProblemError } from '../../shared/http/problems.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { actOf as actOfCaller, type Caller } from '../identity/identity.ts';
import type { Act } from '../store/audit.ts';
import { fitting } from '../store/lists.ts';
import { rowNumber } from '../store/rows.ts';
import { pageQuery } from './bodies.ts';

/** A route that answers nothing but that it is done. */
export const noContent = { ...answers(z.object({})), 204: z.undefined().describe('Done') };

/** Who acts, for the audit: the caller of a route that is not public. */
export function actOf(request: { readonly identity: Caller | null }, clock: Pick<Clock, 'wall'>): Act {
  return actOfCaller(request.identity ?? { name: 'nobody' }, clock.wall());
}

/** How OpenAPI says which credentials a route takes. */
export const security = [{ token: [] }, { session: [] }];

/** Query of the lists of received records. Times bound the device's wall clock. */
export const recordQuery = pageQuery.extend({
  device: name.optional(),
  stream: name.optional(),
  since: z.iso.datetime({ offset: true }).optional().describe("device's wall clock, included"),
  until: z.iso.datetime({ offset: true }).optional().describe("device's wall clock, not included"),
});

/** The filter that a query of that kind means. */
export function filterOf(query: z.infer<typeof recordQuery>) {
  const { device, stream, since, until, cursor, limit } = query;
  return {
    device,
    stream,
    since: since === undefined ? undefined : Date.parse(since),
    until: until === undefined ? undefined : Date.parse(until),
    before: cursorRow(cursor),
    limit,
  };
}

/** @throws ProblemError 400 for a cursor that no page gave */
export function cursorRow(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const row = rowNumber(cursor);
  if (row === undefined) throw new ProblemError(400, 'cursor: must be `next` of the page before');
  return row;
}

/** Makes a page of one row more than the limit; it ends early when it would be too large. */
export function pageOf<T extends { id: string }>(rows: readonly T[], limit: number): { items: T[]; next?: string } {
  const marks = rows.map((row) => ({ id: row.id, bytes: Buffer.byteLength(JSON.stringify(row)) }));
  const { ids, ...next } = fitting(marks, limit);
  return { items: rows.slice(0, ids.length), ...next };
}
