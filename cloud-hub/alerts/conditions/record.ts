/** Conditions on records: does this one count, and of what does it speak? Pure. */
import type { ErrorRecord, EventRecord, LossRecord, ReadingRecord } from '../../../shared/contract/messages/record.ts';
import type { AlertCondition } from '../../contract/alert-rule.ts';
import type { Finding } from './finding.ts';

type Moment = EventRecord | ErrorRecord | LossRecord;

/** What is older is not told any more: it came late, and the day is over. */
const TOO_OLD_MS = 86_400_000;

/** Subject and words of an event or problem that counts; undefined: it does not. @param receivedAt milliseconds since 1970 */
export function matchOf(
  condition: AlertCondition,
  record: Moment,
  receivedAt: number,
): { readonly subject: string; readonly text: string } | undefined {
  if (record.clock !== 'wrong' && receivedAt - record.wall > TOO_OLD_MS) return undefined;
  const is = (wanted: string | undefined, found: string | undefined) => wanted === undefined || wanted === found;
  const { stream = '' } = record;
  if (!is(condition.stream, stream)) return undefined;
  if (record.kind === 'event') {
    const { rule, ruleKind, label, action, score } = record;
    const counts =
      condition.kind === 'event' &&
      is(condition.rule, rule) &&
      is(condition.ruleKind, ruleKind) &&
      is(condition.label, label) &&
      is(condition.action, action) &&
      score >= (condition.minScore ?? 0);
    return counts ? { subject: stream, text: `${label} ${action} (${rule}), score ${score.toFixed(2)}` } : undefined;
  }
  if (record.kind === 'error') {
    const counts = condition.kind === 'problem' && is(condition.code, record.code);
    return counts ? { subject: stream, text: `${record.code}: ${record.message}` } : undefined;
  }
  return condition.kind === 'loss' ? { subject: '', text: `${record.lost} records lost: ${record.reason}` } : undefined;
}

/** What a reading says of its stream; undefined: it has no such value, or is of another stream. */
export function readingFinding(
  { stream, channel, above, below, clear }: AlertCondition,
  record: ReadingRecord,
  fires: (subject: string) => boolean,
): Finding | undefined {
  if (stream !== undefined && stream !== record.stream) return undefined;
  const value = channel === undefined ? record.score : record.values?.[channel];
  if (value === undefined) return undefined;
  const isFiring = fires(record.stream);
  const what = channel ?? 'score';
  if (above !== undefined) {
    const limit = isFiring ? (clear ?? above) : above;
    return { subject: record.stream, holds: value > limit, text: `${what} is ${round(value)}, above ${above}` };
  }
  const limit = isFiring ? (clear ?? below ?? 0) : (below ?? 0);
  return { subject: record.stream, holds: value < limit, text: `${what} is ${round(value)}, below ${below}` };
}

/** A value as people read it. */
export function round(value: number): string {
  return String(Number(value.toPrecision(4)));
}
