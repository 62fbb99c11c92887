/**
 * Step 3: JSON to checked content. The frame of a batch and each of its records are checked apart, so that one bad record
 * costs only itself. When the frame is bad but its range can be read, the range is refused, so that the device moves on.
 */
import { z } from 'zod';
import { batch, epoch } from '../../../shared/contract/messages/batch.ts';
import { report } from '../../../shared/contract/messages/report.ts';
import { status } from '../../../shared/contract/messages/status.ts';
import { rangesOf } from '../../../shared/kit/ranges.ts';
import { complaintsOf, describeComplaints } from '../../../shared/kit/schema.ts';
import type { BadRecord, BatchContent, Content, GoodRecord, Message } from '../message.ts';
import { checkRecord } from '../record.ts';
import type { Step } from '../step.ts';

const MAX_REASON = 300;

const seq = z.number().int().positive();
const readableRange = z
  .looseObject({ epoch, from: seq, to: seq, base: seq.optional().catch(undefined) })
  .refine((b) => b.from <= b.to);

export const validate: Step = {
  name: 'validate',
  phase: 'check',
  run(message) {
    if (message.rejected !== undefined || message.channel === 'presence') return;
    const content = validators[message.channel](message);
    if (typeof content === 'string') message.rejected = content;
    else message.content = content;
  },
};

/** Each gives the content, or the reason why there is none. */
const validators: Record<'records' | 'status' | 'report', (message: Message) => Content | string> = {
  records: validateBatch,
  status(message) {
    const result = status.safeParse(message.body);
    return result.success ? { kind: 'status', status: result.data } : reasonOf(result.error, message.body);
  },
  report(message) {
    const result = report.safeParse(message.body);
    return result.success ? { kind: 'report', report: result.data } : reasonOf(result.error, message.body);
  },
};

function validateBatch(message: Message): BatchContent | string {
  const frame = batch.safeParse(message.body);
  if (!frame.success) return refuseWhole(message, reasonOf(frame.error, message.body));
  const { from, to, base, records } = frame.data;
  const good: GoodRecord[] = [];
  const bad: BadRecord[] = [];
  records.forEach((record, index) => {
    const checked = checkRecord(record, `records[${index}]`);
    if (typeof checked.outcome === 'string') {
      bad.push({ seq: record.seq, reason: cut(checked.outcome), text: checked.text });
    } else {
      // Written out: there are many, and spreading is slow.
      const { body, picture } = checked.outcome;
      good.push({ seq: record.seq, record: checked.outcome.record, body, picture });
    }
  });
  const answered = rangesOf(records.map((r) => r.seq));
  return { kind: 'batch', epoch: frame.data.epoch, arrival: { from, to, base: base ?? from, answered }, good, bad };
}

function refuseWhole(message: Message, reason: string): BatchContent | string {
  const range = readableRange.safeParse(message.body);
  if (!range.success) return reason;
  const { from, to, base } = range.data;
  const arrival = { from, to, base: base ?? from, answered: [{ from, to }] };
  return { kind: 'batch', epoch: range.data.epoch, arrival, good: [], bad: [], refusedWhole: reason };
}

function reasonOf(error: z.ZodError, input: unknown): string {
  return cut(describeComplaints(complaintsOf(error, input)));
}

function cut(text: string): string {
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON - 1)}…` : text;
}
