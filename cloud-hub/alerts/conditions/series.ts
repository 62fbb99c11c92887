/** Conditions on what a series did lately: how much a value changed, how many objects came. */
import type { ReadingRecord, SummaryRecord } from '../../../shared/contract/messages/record.ts';
import type { AlertCondition } from '../../contract/alert-rule.ts';
import type { Seen, Series } from '../series.ts';
import type { Finding } from './finding.ts';
import { round } from './record.ts';

/**
 * What a record says of its stream; undefined: nothing.
 * @param key of the rule on the device
 * @param fires does the alert on this subject fire already? (hysteresis)
 */
export function seriesFinding(
  series: Pick<Series, 'note'>,
  key: string,
  condition: AlertCondition,
  record: ReadingRecord | SummaryRecord,
  receivedAt: number,
  fires: (subject: string) => boolean,
): Finding | undefined {
  const { stream } = record;
  const { withinS = 0 } = condition;
  const value = countOf(condition, record);
  if (value === undefined || (condition.stream !== undefined && condition.stream !== stream)) return undefined;
  // A clock that is wrong says nothing of how far apart two values are.
  const at = record.clock === 'wrong' ? receivedAt : record.wall;
  const seen = series.note(JSON.stringify([key, stream]), at, value, withinS * 1000);
  if (!seen) return undefined;
  return condition.kind === 'change'
    ? changed(condition, stream, value, seen, fires(stream))
    : counted(condition, stream, seen, fires(stream));
}

function countOf(condition: AlertCondition, record: ReadingRecord | SummaryRecord): number | undefined {
  const { kind, channel, label } = condition;
  if (record.kind === 'reading' && kind === 'change')
    return channel === undefined ? record.score : record.values?.[channel];
  if (record.kind !== 'summary' || kind !== 'rate') return undefined;
  if (label !== undefined) return record.tracks[label] ?? 0;
  return Object.values(record.tracks).reduce((sum, count) => sum + count, 0);
}

function changed(
  { channel = 'score', above = 0, clear, withinS = 0 }: AlertCondition,
  subject: string,
  value: number,
  { least, most }: Seen,
  isFiring: boolean,
): Finding {
  const from = value - least > most - value ? least : most;
  const change = Math.abs(value - from);
  const text = `${channel} changed from ${round(from)} to ${round(value)} within ${withinS} s`;
  return { subject, holds: change > (isFiring ? (clear ?? above) : above), text };
}

function counted(
  { label = 'objects', above, below, clear, withinS = 0 }: AlertCondition,
  subject: string,
  { sum, isFull }: Seen,
  isFiring: boolean,
): Finding {
  const text = `${sum} ${label} within ${withinS} s`;
  if (above !== undefined) return { subject, holds: sum > (isFiring ? (clear ?? above) : above), text };
  // Too few are only those of a whole window.
  return { subject, holds: isFull && sum < (isFiring ? (clear ?? below ?? 0) : (below ?? 0)), text };
}
