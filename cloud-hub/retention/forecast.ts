/** What the records of a hub will take on the disk, at the rate of the last days. Pure. */
import type { Keep } from '../config.ts';
import type { Growth } from '../store/retention.ts';

export const DAY_MS = 86_400_000;
/** The rate is that of so many days. */
export const RATE_DAYS = 7;
/** A rate of less time says nothing about a year. */
const LEAST_MS = 3_600_000;
/** Nobody plans further. */
const HORIZON_DAYS = 3650;

export interface Forecast {
  readonly kind: Growth['kind'];
  readonly rows: number;
  readonly bytes: number;
  readonly perDay: number;
  readonly bytesPerDay: number;
  /** Days that it is kept; undefined: for ever. */
  readonly keepDays: number | undefined;
  readonly bytesInAYear: number;
}

export interface Outlook {
  readonly kinds: readonly Forecast[];
  readonly bytes: number;
  readonly bytesPerDay: number;
  readonly bytesInAYear: number;
  /** Days until the free space is used up; undefined: not within ten years. */
  readonly daysLeft: number | undefined;
}

/**
 * @param growth counted since `now` less RATE_DAYS
 * @param freeBytes that records may still take
 * @returns undefined while there is less than an hour of records
 */
export function forecast(
  growth: readonly Growth[],
  { keep, freeBytes, now }: { readonly keep: Keep; readonly freeBytes: number; readonly now: number },
): Outlook | undefined {
  const oldest = Math.min(...growth.map((one) => one.oldest));
  const observedMs = Math.min(RATE_DAYS * DAY_MS, now - oldest);
  if (!(observedMs >= LEAST_MS)) return undefined;
  const all = growth.map((one) => {
    const perDay = (one.recent * DAY_MS) / observedMs;
    const bytesPerDay = perDay * one.bytesEach;
    const bytes = one.rows * one.bytesEach;
    const keepDays = keep[one.kind];
    const ageDays = Math.max(0, now - one.oldest) / DAY_MS;
    /** What is there in some days: no more days than are kept, and at least what comes anew. */
    const after = (days: number) => {
      if (keepDays === undefined) return bytes + bytesPerDay * days;
      const left = ageDays + days <= keepDays ? bytes : ageDays === 0 ? 0 : bytes * share(ageDays, keepDays - days);
      return left + bytesPerDay * Math.min(days, keepDays);
    };
    return { kind: one.kind, rows: one.rows, bytes, perDay, bytesPerDay, keepDays, after };
  });
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
  const bytes = sum((one) => one.bytes);
  const isFull = (days: number) => sum((one) => one.after(days)) - bytes > freeBytes;
  const daysLeft = Array.from({ length: HORIZON_DAYS }, (_, day) => day).find(isFull);
  return {
    kinds: all.map(({ after, ...one }) => ({ ...one, bytesInAYear: after(365) })),
    bytes,
    bytesPerDay: sum((one) => one.bytesPerDay),
    bytesInAYear: sum((one) => one.after(365)),
    daysLeft,
  };
}

/** The part of what is there now that is younger than `days`. */
function share(ageDays: number, days: number): number {
  return Math.min(1, Math.max(0, days / ageDays));
}
