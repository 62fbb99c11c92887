/** Events about which the hub is asked for a second opinion: does a rule wait, and what does the event say after it? Pure. */
import type { EventRecord } from '../../../shared/contract/messages/record.ts';
import type { AlertCondition } from '../../contract/alert-rule.ts';
import type { FoundEvent } from '../../store/alert-sources.ts';
import { matchOf } from './record.ts';

/** The condition for an event whose label and score its verdict may still change. */
export function beforeVerdict({ label: _label, minScore: _minScore, ...rest }: AlertCondition): AlertCondition {
  return rest;
}

/**
 * When a rule that waits `waitS` seconds for verdicts looks at an event at the latest.
 * @param condition what holds whatever the verdict is (`beforeVerdict`)
 * @returns milliseconds since 1970; undefined: it has nothing to wait for
 */
export function waitsUntil(
  condition: AlertCondition,
  { record, receivedAt, opinion }: FoundEvent,
  waitS: number,
): number | undefined {
  if (record.sample === undefined || opinion !== undefined || !matchOf(condition, record, receivedAt)) return undefined;
  return receivedAt + waitS * 1000;
}

/** The event as the hub sees it; undefined: it is withdrawn. Without an opinion it stays what the edge said. */
export function withVerdict({ record, opinion }: FoundEvent): EventRecord | undefined {
  if (opinion?.outcome === 'withdrawn') return undefined;
  if (opinion?.outcome !== 'changed' || opinion.label === undefined) return record;
  return { ...record, label: opinion.label, score: opinion.score ?? record.score };
}
