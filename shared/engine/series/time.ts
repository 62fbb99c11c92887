/**
 * The time of a row, as sensors, loggers and spreadsheets write it ⇒ milliseconds since 1970. Pure.
 *
 * A number counts from 1970, in the unit that its size says unless one is given. A text is ISO 8601, or `31.03.2024 14:00`, or what
 * `format` says. A text without a zone of its own is of `zone`, by default UTC.
 */
import type { TimeUnit } from '../../contract/config/sensor-source.ts';
import { createPattern, type DateParts, offsetOf } from '../../contract/config/time-pattern.ts';
import { MAX_NUMBER_TEXT, numberOf } from './number.ts';
import { createZone, type Zone } from './time-zone.ts';

export interface TimeOptions {
  /** Of a number; default: by its size. */
  readonly unit?: TimeUnit | undefined;
  /** Of a text, as `dd/MM/yyyy HH:mm`; default: ISO 8601, or day, month and year with dots. */
  readonly format?: string | undefined;
  /** IANA name of the zone of texts that name none; default: UTC. */
  readonly zone?: string | undefined;
}

/**
 * @param afterMs of the row before: where clocks are set back, one hour comes twice, and this says which of the two is meant
 * @returns undefined for what is no time
 */
export type TimeReader = (found: unknown, afterMs?: number) => number | undefined;

/** The end of the year 9999, and as far before 1970. What is beyond is no time: whoever counts in slots or adds to it cannot. */
const MOST_TIME_MS = 253_402_300_799_999;

/** Seconds since 1970 have stayed below this, milliseconds above it, since 1973; and so on, a thousandfold each. */
const SECONDS_BELOW = 1e11;
const ISO = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:[.,](\d+))?\s*(Z|[+-]\d\d:?\d\d)?)?\s*$/i;
const DOTTED = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[T ,]\s*(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,](\d+))?)?\s*$/;
const MS_PER_MINUTE = 60_000;

/** @throws RangeError for a format or a zone that is none; the message says why */
export function createTimeReader({ unit, format, zone }: TimeOptions = {}): TimeReader {
  const pattern = format === undefined ? undefined : createPattern(format);
  const local = createZone(zone ?? 'UTC');
  const read: TimeReader = (found, afterMs) => {
    if (typeof found === 'string' && found.length > MAX_NUMBER_TEXT) return undefined;
    if (pattern) {
      const parts = typeof found === 'string' ? pattern(found) : undefined;
      return parts && msOf(parts, local, afterMs);
    }
    const number = numberOf(found);
    if (number !== undefined) return toMs(number, unit ?? unitOf(number));
    const parts = typeof found === 'string' ? (isoOf(found) ?? dottedOf(found)) : undefined;
    return parts && msOf(parts, local, afterMs);
  };
  return (found, afterMs) => {
    const ms = read(found, afterMs);
    return ms !== undefined && Math.abs(ms) <= MOST_TIME_MS ? ms : undefined;
  };
}

function toMs(number: number, unit: TimeUnit): number {
  if (unit === 's') return number * 1000;
  return unit === 'ms' ? number : number / (unit === 'us' ? 1e3 : 1e6);
}

/** What a number that counts from 1970 counts, if it is a time of this or the last century. */
export function unitOf(number: number): TimeUnit {
  const size = Math.abs(number);
  if (size < SECONDS_BELOW) return 's';
  if (size < SECONDS_BELOW * 1e3) return 'ms';
  return size < SECONDS_BELOW * 1e6 ? 'us' : 'ns';
}

function isoOf(text: string): DateParts | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  return partsOf({ year, month, day, hour, minute, second, fraction, zone });
}

function dottedOf(text: string): DateParts | undefined {
  const found = DOTTED.exec(text);
  if (!found) return undefined;
  const [, day, month, year, hour, minute, second, fraction] = found;
  return partsOf({ year, month, day, hour, minute, second, fraction, zone: undefined });
}

type Texts = Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction' | 'zone', string | undefined>;

function partsOf({ year, month, day, hour = '0', minute = '0', second = '0', fraction, zone }: Texts): DateParts {
  return {
    ...{ year: Number(year), month: Number(month), day: Number(day) },
    ...{ hour: Number(hour), minute: Number(minute), second: Number(second) + Number(`0.${fraction ?? 0}`) },
    ...(zone === undefined ? {} : { offsetMinutes: offsetOf(zone) }),
  };
}

/** Undefined for a day or an hour that no calendar has. */
function msOf(parts: DateParts, zone: Zone, afterMs: number | undefined): number | undefined {
  const { year, month, day, hour, minute, second, offsetMinutes } = parts;
  const isMidnight = hour === 24 && minute === 0 && second === 0;
  if (minute > 59 || second >= 61 || (hour > 23 && !isMidnight)) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  // Sums of floats would make 14.5 s of 14:00:14.5 something else.
  const local = date.getTime() + (hour * 60 + minute) * MS_PER_MINUTE + Math.round(second * 1e6) / 1e3;
  return offsetMinutes === undefined ? zone.toUtc(local, afterMs) : local - offsetMinutes * MS_PER_MINUTE;
}
