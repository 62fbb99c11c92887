/** Local times of a zone of the IANA database, as Node carries it. Pure. */

export interface Zone {
  /**
   * @param localMs what a clock on the wall showed, as if it were UTC
   * @param afterMs of the row before. Of an hour that comes twice (clocks are set back) the first is meant that lies after it; without it
   *   the first at all. A time that never was (clocks are set forward) is as long after the change as it says.
   */
  toUtc(localMs: number, afterMs?: number): number;
}

/** No zone is further away from UTC. */
const FARTHEST_MS = 26 * 3_600_000;
/** Offsets change at full quarters of an hour, so one answer serves a quarter. */
const QUARTER_MS = 900_000;
const MOST_KEPT = 1024;

/** @throws RangeError for a name that is none */
export function createZone(name: string): Zone {
  if (/^(utc|z|gmt)$/i.test(name)) return { toUtc: (localMs) => localMs };
  const format = formatOf(name);
  const offsets = new Map<number, number>();
  /** By how much the zone is ahead of UTC at this moment. */
  const offsetAt = (utcMs: number): number => {
    const quarter = Math.floor(utcMs / QUARTER_MS) * QUARTER_MS;
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const parts = Object.fromEntries(format.formatToParts(quarter).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter;
    if (offsets.size >= MOST_KEPT) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  };
  return {
    toUtc(localMs, afterMs = Number.NEGATIVE_INFINITY) {
      const before = localMs - offsetAt(localMs - FARTHEST_MS);
      const after = localMs - offsetAt(localMs + FARTHEST_MS);
      const meant = [...new Set([before, after])].filter((utcMs) => utcMs + offsetAt(utcMs) === localMs);
      meant.sort((a, b) => a - b);
      return meant.find((utcMs) => utcMs > afterMs) ?? meant.at(-1) ?? before;
    },
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const number = 'numeric' as const;
  const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number };
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', calendar: 'gregory', ...fields });
  } catch {
    throw new RangeError(`"${timeZone}" is no zone; write one as Europe/Berlin`);
  }
}
