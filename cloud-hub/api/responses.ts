/** Pieces of route schemas that repeat. */
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { PROBLEM_TYPE, problem } from '../../shared/contract/problem.ts';
import { ProblemError } from '../../shared/http/problems.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Act } from '../store/audit.ts';
import { rowNumber } from '../store/rows.ts';
import { type Identity, pageQuery } from './schemas/api.ts';

/** Answers of a route: this one, or a problem. */
export function answers<S extends z.ZodType>(schema: S, description = 'Success') {
  return { 200: describe(schema, description), ...problems };
}

export function created<S extends z.ZodType>(schema: S, description: string) {
  return { 201: describe(schema, description), ...problems };
}

const problems = {
  default: { description: 'Problem (RFC 9457)', content: { [PROBLEM_TYPE]: { schema: problem } } },
} as const;

function describe<S extends z.ZodType>(schema: S, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

/** A route that answers nothing but that it is done. */
export const noContent = { ...answers(z.object({})), 204: z.undefined().describe('Done') };

/** Who acts, for the audit: the caller of a route that is not public. */
export function actOf(request: { readonly identity: Identity | null }, clock: Pick<Clock, 'wall'>): Act {
  return { at: clock.wall(), actor: request.identity?.name ?? 'nobody' };
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

/** The filter that a query of that kind means; one row more is asked for, to know whether there is a next page. */
export function filterOf(query: z.infer<typeof recordQuery>) {
  const { device, stream, since, until, cursor, limit } = query;
  return {
    device,
    stream,
    since: since === undefined ? undefined : Date.parse(since),
    until: until === undefined ? undefined : Date.parse(until),
    before: cursorRow(cursor),
    limit: limit + 1,
  };
}

/** @throws ProblemError 400 for a cursor that no page gave */
export function cursorRow(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const row = rowNumber(cursor);
  if (row === undefined) throw new ProblemError(400, 'cursor: must be `next` of the page before');
  return row;
}

/** Makes a page of one row more than the limit. */
export function pageOf<T extends { id: string }>(rows: readonly T[], limit: number): { items: T[]; next?: string } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last ? { items, next: last.id } : { items };
}
