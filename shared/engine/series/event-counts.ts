/**
 * Rows that are events ⇒ how many of them came in each interval, of each channel by itself. Intervals follow one another without a hole, from 1970
 * on; one in which nothing came counts 0. The first is left out: its beginning was not seen. Pure.
 */
import type { PartialRow, TimedRow } from './row.ts';

/** A longer silence is no row of zeros: the counting begins anew. */
const MOST_EMPTY = 10_080;
/** So many events in a row before the interval mean a clock that was set back. */
const SET_BACK = 5;

export interface EventCounts {
  /** @returns the intervals that are over with this event, each at its end; or why it does not count */
  count(part: PartialRow, atMs: number): readonly TimedRow[] | string;
  /** Events may have been lost: the interval that is counted is left out. */
  begin(): void;
}

/** @param intervalMs length of an interval, above 0 */
export function createEventCounts(channels: number, intervalMs: number): EventCounts {
  let current: number | undefined;
  let isWhole = false;
  let older = 0;
  let counts = new Array<number>(channels).fill(0);
  const beginAt = (interval: number | undefined, whole: boolean) => {
    [current, isWhole, older] = [interval, whole, 0];
    counts = new Array<number>(channels).fill(0);
  };
  return {
    begin: () => beginAt(undefined, false),
    count({ values }, atMs) {
      const interval = Math.floor(atMs / intervalMs);
      if (current !== undefined && interval < current && ++older < SET_BACK)
        return `is ${current * intervalMs - atMs} ms older than the interval that is counted: out of order`;
      const ended: TimedRow[] = [];
      if (current === undefined || interval < current || interval - current > MOST_EMPTY) beginAt(interval, false);
      else
        while (current < interval) {
          if (isWhole) ended.push({ atMs: (current + 1) * intervalMs, values: counts });
          beginAt(current + 1, true);
        }
      for (const [c, value] of values.entries()) if (value !== undefined) counts[c] = (counts[c] ?? 0) + 1;
      return ended;
    },
  };
}
