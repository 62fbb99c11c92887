/**
 * `up/records` and `down/ack`: the durable path from an agent's outbox to the hub (DESIGN 3.3).
 *
 * 1. `epoch` is born with the outbox file; `seq` rises by one a record from 1. (epoch, seq) names a record for ever.
 * 2. A batch covers `from`..`to`. A number in that range without a record was given up by the agent (evicted or refused);
 *    a `loss` record says why.
 * 3. `base` is the lowest number the agent still holds: what is missing below it will never come, what is missing from it
 *    on is still to come. Without `base`, `from` is taken.
 *    A record that a damaged outbox carried over into a new epoch names where it was (`origin`), and is stored once.
 * 4. The hub acknowledges after its commit. `upTo`: every number up to it is settled (stored, refused, or never to come);
 *    the agent may forget it. `refused` names records that the hub put into quarantine, with the reason.
 *    `ranges` names the highest settled numbers above `upTo`, so that an agent may send what happens now before an old
 *    backlog. A hub that does not know it says nothing there: then numbers are sent in their order.
 */
import { z } from 'zod';
import { count } from '../names.ts';

const seq = z.number().int().positive();
export const epoch = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

/** The largest number of records in one batch. */
export const MAX_BATCH_RECORDS = 1000;

const isSeq = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;

/** A numbered record, not copied and not looked at further: there are many, and each is checked on its own. */
const numbered = z.custom<{ seq: number; [key: string]: unknown }>(
  (value) => typeof value === 'object' && value !== null && 'seq' in value && isSeq(value.seq),
  { error: 'must be an object with a number `seq` from 1' },
);

/** The frame of a batch; each record is checked on its own, so that one bad record costs only itself. */
export const batch = z
  .looseObject({
    epoch,
    from: seq,
    to: seq,
    base: seq.optional(),
    records: z.array(numbered).max(MAX_BATCH_RECORDS),
  })
  .refine((b) => b.from <= b.to, { path: ['to'], error: 'must not be below `from`' })
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
  at: z.number().optional().describe("the hub's wall clock when it received the batch, milliseconds since 1970"),
});
export type Ack = z.infer<typeof ack>;
