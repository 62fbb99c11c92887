/**
 * What a machine knows of the time when it judges a certificate. A clock that nobody has set, or set wrong, must not cut a device
 * off, and a clock that is right must count in full. So the time is a range: the true time lies in it. Pure.
 *
 * The lower end rises with everything that proves that it is later: the beginning of a certificate that our own authority gave us,
 * what the hub said, and the monotonic time since then.
 */

export interface TimeRange {
  /** Milliseconds since 1970. */
  readonly earliest: number;
  /** May be infinite. */
  readonly latest: number;
}

/** Something that was true at a moment of the monotonic clock of this start. */
export interface KnownTime {
  /** It was at least this, in milliseconds since 1970 … */
  readonly atLeast: number;
  /** … at this monotonic time. */
  readonly mono: number;
}

/** Clocks that agree well still differ by some minutes. */
const TOLERANCE_MS = 10 * 60_000;

/**
 * @param wall what the clock says, milliseconds since 1970
 * @param isSynced does the system say that its clock is disciplined?
 */
export function timeRange(wall: number, isSynced: boolean, known: KnownTime, mono: number): TimeRange {
  const floor = known.atLeast + Math.max(0, mono - known.mono);
  if (isSynced && wall >= floor - TOLERANCE_MS) {
    return { earliest: Math.max(floor, wall) - TOLERANCE_MS, latest: Math.max(floor, wall) + TOLERANCE_MS };
  }
  return { earliest: floor - TOLERANCE_MS, latest: Number.POSITIVE_INFINITY };
}

/** Exactly this time, give or take the difference between good clocks: for a hub, whose clock has to be right. */
export function exactTime(wall: number): TimeRange {
  return { earliest: wall - TOLERANCE_MS, latest: wall + TOLERANCE_MS };
}

/** Why something that is valid from `from` to `to` cannot be valid now; undefined where it can. */
export function whyNotNow(
  { from, to }: { readonly from: number; readonly to: number },
  { earliest, latest }: TimeRange,
): 'expired' | 'not yet valid' | undefined {
  if (to < earliest) return 'expired';
  return from > latest ? 'not yet valid' : undefined;
}
