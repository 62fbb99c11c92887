/**
 * How old records are, without a wall clock: by how long the agent has run since. Each hour of service the last number of the outbox is
 * noted; what has a number up to the one that was noted N days of service ago is older than N days.
 */
import { z } from 'zod';

export const HOUR_MS = 3_600_000;
/** Of the longest age: a note each hour. */
const MOST_MARKS = 366 * 24 + 2;

const mark = z.object({ servedMs: z.number().min(0), upTo: z.number().int().min(0) });

export const ages = z.object({
  format: z.literal(1),
  /** Of the outbox: with another one all numbers are new. */
  epoch: z.string().max(64),
  servedMs: z.number().min(0),
  /** Rising in both. */
  marks: z.array(mark).max(MOST_MARKS),
  /** Up to which number each kind is gone. */
  done: z.record(z.string().max(16), z.number().int().min(0)),
});
export type Ages = z.infer<typeof ages>;

export function newAges(epoch: string): Ages {
  return { format: 1, epoch, servedMs: 0, marks: [], done: {} };
}

/**
 * An hour or less of service more.
 * @param elapsedMs since the last call, of `Clock.mono`
 * @param longestMs no age beyond it is asked for
 */
export function served(
  before: Ages,
  position: { readonly epoch: string; readonly lastSeq: number },
  elapsedMs: number,
  longestMs: number,
): Ages {
  const base = before.epoch === position.epoch ? before : { ...newAges(position.epoch), servedMs: before.servedMs };
  const servedMs = base.servedMs + Math.max(0, elapsedMs);
  const last = base.marks.at(-1);
  if (last && servedMs - last.servedMs < HOUR_MS) return { ...base, servedMs };
  const marks = [...base.marks, { servedMs, upTo: Math.max(position.lastSeq, last?.upTo ?? 0) }];
  // The newest that is old enough for the longest age is still needed.
  const needed = marks.findLastIndex((one) => servedMs - one.servedMs >= longestMs);
  return { ...base, servedMs, marks: marks.slice(Math.max(0, needed)).slice(-MOST_MARKS) };
}

/** The last number that is at least so old; 0 when none is. */
export function olderThan({ servedMs, marks }: Ages, ageMs: number): number {
  return marks.findLast((one) => servedMs - one.servedMs >= ageMs)?.upTo ?? 0;
}
