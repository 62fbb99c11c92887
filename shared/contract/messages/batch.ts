/**
 * `up/records` and `down/ack`: the durable path from an agent's outbox to the hub (ARCHITECTURE 3.3).
 *
 * 1. `epoch` is born with the outbox file; `seq` starts at 1 and rises by one per record. (epoch, seq) names a record for ever.
 * 2. A batch covers `from`..`to`. A number in that range without a record was given up by the agent (evicted or refused);
 *    a `loss` record says why.
 * 3. `base` is the lowest number the agent still holds: what is missing below it will never come, what is missing from it
 *    on is still to come. Without `base`, `from` is taken.
 *    A record that a damaged outbox carried over into a new epoch names where it was (`origin`), and is stored once.
 * 4. The hub acknowledges after its commit. `upTo`: every number up to it is settled (stored, refused, or never to come);
 *    the agent may forget it. `refused` names records that the hub put into quarantine, with the reason.
 *    `ranges` names the highest settled numbers above `upTo`, so that an agent may send what happens now before an old
 *    backlog. A hub that does not know it says nothing there: then numbers are sent in their order.
 * 5. `starts` says which start of the agent gave which numbers, so that the hub can tell copies of one outbox apart: it takes no
 *    batch whose numbers from `forkedAt` on belong to another copy, and says so. The agent begins a new epoch, and `earlier`
 *    names the epochs that its numbers had before (decision 0011). An acknowledgement is for one start (`start`), no other one
 *    may act on it. Those who do not know these fields leave them out.
 * 6. A batch that the hub cannot read is answered by the digest of the bytes that came (`unread`), after it is in quarantine.
 *    No number is settled by it: what stands in damaged bytes is not believed. The agent knows whether it sent these bytes:
 *    if not, they were damaged on the way, and it sends the batch again; if so, it sends smaller batches, and sets a record aside
 *    that cannot be read alone (decision 0016). An agent that does not know this answer ignores it and sends the batch again.
 * 7. `given` is the highest number that the outbox has given. A hub that was restored from a backup does not know what it has
 *    acknowledged since: what is missing up to `given` at the first batch after the restore, and is not held any more, went with
 *    the old hub (decision 0018). Without `given`, `to` is taken.
 */
import { z } from 'zod';
import { count } from '../names.ts';

const seq = z.number().int().positive();
export const epoch = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** The largest number of records in one batch. */
export const MAX_BATCH_RECORDS = 1000;

/** Most bytes of the JSON of a batch, unpacked. An agent makes at most 1 MB, and more only for one record that is as large. */
export const MAX_BATCH_BYTES = 2 * 1024 * 1024;

const isSeq = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;

/** A numbered record, not copied and not looked at further: there are many, and each is checked on its own. */
const numbered = z.custom<{ seq: number; [key: string]: unknown }>(
  (value) => typeof value === 'object' && value !== null && 'seq' in value && isSeq(value.seq),
  { error: 'must be an object with a number `seq` from 1' },
);

/** The most starts and earlier epochs that a batch names. */
export const MAX_STARTS = 64;
export const MAX_EARLIER = 8;

const startId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** One opening of the outbox's file by an agent. */
export const start = z.object({ id: startId, from: seq.describe('the first number that it may give') });
export type Start = z.infer<typeof start>;

/** An epoch in which the records of an outbox had the same numbers, below a bound. */
export const earlierEpoch = z.object({ epoch, below: seq });
export type EarlierEpoch = z.infer<typeof earlierEpoch>;

const starts = z
  .array(start)
  .min(1)
  .max(MAX_STARTS)
  .refine((all) => all.every((one, i) => one.from >= (all[i - 1]?.from ?? 0)), { error: '`from` must not fall' });

const frame = {
  epoch,
  from: seq,
  to: seq,
  base: seq.optional(),
  given: seq.optional().describe('the highest number that the outbox has given'),
  starts: starts.optional().describe('oldest first; the last one sends'),
  earlier: z.array(earlierEpoch).max(MAX_EARLIER).optional().describe('oldest first'),
};
const isRange = (b: { from: number; to: number }) => b.from <= b.to;
const notARange = { path: ['to'], error: 'must not be below `from`' };

/** What stands beside the records of a batch. */
export const batchFrame = z.looseObject(frame).refine(isRange, notARange);
export type BatchFrame = z.infer<typeof batchFrame>;

/** The frame of a batch and the numbers of its records; each record is checked on its own, so that a bad one costs only itself. */
export const batch = z
  .looseObject({ ...frame, records: z.array(numbered).max(MAX_BATCH_RECORDS) })
  .refine(isRange, notARange)
  .refine((b) => b.records.every((r, i) => r.seq >= b.from && r.seq <= b.to && r.seq > (b.records[i - 1]?.seq ?? 0)), {
    path: ['records'],
    error: '`seq` must rise within `from`..`to`',
  });
export type Batch = z.infer<typeof batch>;

/** Numbers `from` to `to`, both included. */
export const range = z.object({ from: seq, to: seq });

/** Ranges that an acknowledgement names. */
export const MAX_ACK_RANGES = 32;

export const refusal = z.looseObject({ from: seq, to: seq, reason: z.string().max(512) });
export type Refusal = z.infer<typeof refusal>;

export const ack = z.looseObject({
  epoch,
  upTo: count,
  ranges: z
    .array(range)
    .max(MAX_ACK_RANGES)
    .optional()
    .describe('settled numbers above `upTo`: the highest ranges, rising, not touching'),
  refused: z.array(refusal).max(MAX_BATCH_RECORDS).optional(),
  start: startId.optional().describe('the start that sent the batch'),
  forkedAt: seq
    .optional()
    .describe('the batch was not taken: from this number on, the hub has records of another copy of the outbox'),
  at: z.number().optional().describe("the hub's wall clock when it received the batch, milliseconds since 1970"),
});
export type Ack = z.infer<typeof ack>;

/** Also on `down/ack`: the hub cannot read a batch. */
export const unread = z.looseObject({
  unread: z.looseObject({
    digest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/)
      .describe('of the payload as it came'),
    reason: z.string().max(512),
  }),
});
export type Unread = z.infer<typeof unread>['unread'];
