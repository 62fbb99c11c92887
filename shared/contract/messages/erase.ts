/**
 * Orders to erase, in `down/desired` (`erase`), and what a device says of them, in `up/report` (`erase`). They are for requests of
 * persons: what was recorded of a place in a time shall not exist any more.
 *
 * Clauses:
 * 1. `id` names an order for ever. The document names an order until the device has answered `done`; the device's answer stays in its
 *    reports as long as the document names the order. Carrying an order out twice changes nothing more.
 * 2. An order covers records, samples and pictures with a stream. `stream` absent: of every stream.
 * 3. Its time is that of the record's wall clock: from `from` on, before `before`; absent: no bound. A record whose `clock` is `wrong`
 *    is covered whatever its time says: nobody knows that it is not meant.
 * 4. `pictures`: only pictures go, the records stay without them.
 * 5. Numbers of records that were erased before they were sent are counted in a `loss` record with the reason `erased`.
 * 6. A device that does not know orders ignores them, and its report has no `erase`.
 */
import { z } from 'zod';
import { count, MAX_TEXT, name } from '../names.ts';

/** Orders that a document may name at once. */
export const MAX_ERASE_ORDERS = 64;

export const eraseId = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits');

/** Milliseconds since 1970. */
const time = z.number().min(0).max(8.64e15);

export const eraseOrder = z.looseObject({
  id: eraseId,
  stream: name.optional().describe('absent: every stream'),
  from: time.optional().describe('milliseconds since 1970; absent: from the beginning'),
  before: time.optional().describe('milliseconds since 1970; absent: all until it is carried out'),
  pictures: z.boolean().default(false).describe('only pictures; the records stay'),
});
export type EraseOrder = z.infer<typeof eraseOrder>;

/** What went, on this side. */
export const erasedCounts = z.object({
  records: count,
  pictures: count.describe('taken out of records that stay'),
  samples: count.describe('pictures that waited for a second opinion'),
  memories: count.describe('streams whose online detector has forgotten what it learned'),
});
export type ErasedCounts = z.infer<typeof erasedCounts>;

export const eraseAnswer = z.looseObject({
  id: eraseId,
  state: z.enum(['done', 'failed']).describe('`failed`: not yet, it is tried again'),
  reason: z.string().max(MAX_TEXT).optional().describe('of `failed`'),
  erased: erasedCounts.optional().describe('of `done`'),
});
export type EraseAnswer = z.infer<typeof eraseAnswer>;

/** What an order says of a record or a sample. */
export interface Dated {
  readonly stream?: string | undefined;
  readonly wall?: number | undefined;
  readonly clock?: string | undefined;
}

/** Clauses 2 and 3. What has no time is covered too. */
export function isCovered(
  { stream, from, before }: Pick<EraseOrder, 'stream' | 'from' | 'before'>,
  of: Dated,
): boolean {
  if (of.stream === undefined || (stream !== undefined && of.stream !== stream)) return false;
  if (of.wall === undefined || of.clock === 'wrong') return true;
  return of.wall >= (from ?? Number.NEGATIVE_INFINITY) && of.wall < (before ?? Number.POSITIVE_INFINITY);
}
