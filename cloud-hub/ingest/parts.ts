/**
 * The parts of an open batch, one after the other: each is checked alone, and covers the numbers from where the one before
 * ended to its own last record.
 */
import type { z } from 'zod';
import { batchFrame } from '../../shared/contract/messages/batch.ts';
import { rangesOf } from '../../shared/kit/ranges.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';
import type { Arrival } from './ledger.ts';
import type { BadRecord, BatchContent, GoodRecord } from './message.ts';
import { nextPart, type OpenBatch } from './open-batch.ts';
import { checkRecord } from './record.ts';

const MAX_REASON = 300;
/** Of one message; a hostile one can break a schema in a hundred thousand places. */
const MAX_COMPLAINTS = 8;

const NOT_RISING = '`seq` must rise within `from`..`to`';

/**
 * The next part; when the frame or a number is bad, the rest as a whole, refused. A string says why nothing can be read.
 * @param enough asked after each record: shall the part end here?
 */
export function nextContent(open: OpenBatch, enough = () => false): BatchContent | string {
  const frame = batchFrame.safeParse(open.frame);
  const wrong = frame.success ? open.problem : reasonOf(frame.error, open.frame);
  if (!frame.success || wrong !== undefined) return refusedByFrame(open.frame, wrong ?? '') ?? wrong ?? '';
  const { epoch, to, starts = [], earlier = [] } = frame.data;
  const lineage = { starts, earlier };
  const from = Math.max(open.from, frame.data.from);
  const base = frame.data.base ?? frame.data.from;
  const given = Math.max(to, frame.data.given ?? to);
  const { good, bad, next, complaint } = checked(open, from, to, enough);
  if (complaint !== undefined) {
    open.next = open.spans.length;
    return refusedFrom({ epoch, from, to, base, given, lineage }, complaint);
  }
  open.next += good.length + bad.length;
  open.from = next;
  const last = open.next === open.spans.length;
  const answered = rangesOf([...good, ...bad].map((r) => r.seq).toSorted((a, b) => a - b));
  // What is below `base` and not in the batch is settled by its last part: a part does not speak of those after it.
  const arrival = last ? { from, to, base, answered } : { from, to: next - 1, base: Math.min(base, from), answered };
  return { kind: 'batch', epoch, arrival, given, lineage, good, bad, last };
}

/**
 * A batch that is refused as a whole, by what can be read of its frame: its device keeps it aside and moves on. Undefined when
 * the numbers cannot be read.
 */
function refusedByFrame(read: unknown, reason: string): BatchContent | undefined {
  const frame = batchFrame.safeParse(read);
  const known = frame.success ? frame : batchFrame.safeParse(withoutOptions(read));
  if (!known.success) return undefined;
  const { epoch, from, to, base = from, given = to, starts = [], earlier = [] } = known.data;
  const about = { epoch, from, to, base, given: Math.max(to, given), lineage: { starts, earlier } };
  return refusedFrom(about, cut(reason));
}

interface Part {
  readonly good: readonly GoodRecord[];
  readonly bad: readonly BadRecord[];
  /** The lowest number that the next record may have. */
  readonly next: number;
  /** What is wrong with the numbers. */
  readonly complaint?: string;
}

function checked(open: OpenBatch, from: number, to: number, enough: () => boolean): Part {
  const good: GoodRecord[] = [];
  const bad: BadRecord[] = [];
  let next = from;
  const complain = (complaint: string): Part => ({ good, bad, next, complaint });
  let index = open.next;
  for (const span of nextPart(open)) {
    const path = `records[${index++}]`;
    const text = open.text.subarray(span.from, span.to);
    const { seq, outcome } = checkRecord(text, path);
    if (seq === undefined) return complain(String(outcome));
    if (seq < next || seq > to) return complain(`${path}: ${NOT_RISING}`);
    next = seq + 1;
    if (typeof outcome === 'string') bad.push({ seq, reason: cut(outcome), text });
    // Written out: there are many, and spreading is slow.
    else good.push({ seq, record: outcome.record, body: outcome.body, picture: outcome.picture });
    if (enough()) break;
  }
  // Each record that is left needs a number of its own.
  return open.spans.length - index > to + 1 - next ? complain(`records[${index}]: ${NOT_RISING}`) : { good, bad, next };
}

function refusedFrom(
  { from, to, base, ...about }: Pick<BatchContent, 'epoch' | 'given' | 'lineage'> & Omit<Arrival, 'answered'>,
  reason: string,
) {
  const arrival = { from, to, base, answered: [{ from, to }] };
  return { kind: 'batch' as const, ...about, arrival, good: [], bad: [], refusedWhole: reason, last: true };
}

function withoutOptions(frame: unknown): unknown {
  const none = { base: undefined, given: undefined, starts: undefined, earlier: undefined };
  return typeof frame === 'object' && frame !== null ? { ...frame, ...none } : frame;
}

/** What is wrong, short enough for an acknowledgement. */
export function reasonOf(error: z.ZodError, input: unknown): string {
  return cut(describeComplaints(complaintsOf(error, input, '', MAX_COMPLAINTS)));
}

function cut(text: string): string {
  return text.length > MAX_REASON ? `${text.slice(0, MAX_REASON - 1)}…` : text;
}
