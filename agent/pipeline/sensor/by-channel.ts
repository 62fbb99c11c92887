/** What records say of an anomaly, by the names of the channels. Pure. */

import { levelOf, MAX_REPORTED_CHANNELS } from '../../../shared/contract/messages/anomaly.ts';
import type { EventRecord } from '../../../shared/contract/messages/record.ts';
import type { Moment } from '../stage.ts';

type ByChannel = Pick<EventRecord, 'contributions' | 'expected' | 'values'>;

/** Parts of a thousandth say enough. */
const DIGITS = 3;
/** Of a band: as many digits as a sensor has. */
const PRECISION = 6;

/** Where there are too many channels for a record: those that contribute most. */
export function byChannel(
  channels: readonly string[],
  { parts, expected }: Pick<Moment['outcome'], 'parts' | 'expected'>,
  values: readonly number[] | undefined,
): ByChannel {
  const reported = [...channels.keys()]
    .toSorted((a, b) => (parts?.[b] ?? 0) - (parts?.[a] ?? 0) || a - b)
    .slice(0, MAX_REPORTED_CHANNELS)
    .toSorted((a, b) => a - b);
  const named = <T>(of: (channel: number) => T | undefined): Record<string, T> | undefined => {
    const entries = reported.flatMap((c) => {
      const found = of(c);
      return found === undefined ? [] : [[channels[c] as string, found] as const];
    });
    return entries.length > 0 ? Object.fromEntries(entries) : undefined;
  };
  const contributions = parts?.some((part) => part > 0)
    ? named((c) => (parts[c] === undefined ? undefined : Number(parts[c].toFixed(DIGITS))))
    : undefined;
  const bands = named((c) => {
    const band = expected?.[c];
    return band && ([rounded(band[0]), rounded(band[1])] as [number, number]);
  });
  const last = values && named((c) => values[c]);
  return {
    ...(contributions ? { contributions } : {}),
    ...(bands ? { expected: bands } : {}),
    ...(last ? { values: last } : {}),
  };
}

/** What an event says of the greatest score so far. */
export function peakOf(
  peak: Moment | undefined,
  channels: readonly string[],
): Pick<EventRecord, 'level' | 'peak'> & ByChannel {
  if (!peak) return {};
  const { score, threshold } = peak.outcome;
  return { level: levelOf(score, threshold), peak: score, ...byChannel(channels, peak.outcome, peak.values) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(PRECISION));
}
