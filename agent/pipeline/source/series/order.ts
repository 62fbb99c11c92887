/**
 * Puts the samples of a series on one line of time that never goes back. Pure.
 *
 * A sample that is older than the one before (out of order) or as old (doubled) is refused. Several in a row that are in
 * order among themselves are no accident: the series' clock was set back, or was wrong once; it goes on from there.
 * A clock of 32 bits since the start of a device (milliseconds, or microseconds) runs over: that is no step back.
 */
export interface Ordered {
  readonly atMs: number;
  /** The clock was set back before this sample. */
  readonly restart: boolean;
}

export interface Order {
  /** @returns where the sample lies, or why it cannot be used */
  place(atMs: number): Ordered | string;
  /** Does it lie after all that was placed? */
  isLater(atMs: number): boolean;
  /** The series begins again from its start (a file that loops): what comes next goes on after what was. */
  restart(): void;
}

/** So many samples in order among themselves, and older than what came before, mean a clock that was set back. */
const SET_BACK = 5;
const AFTER_RESTART_MS = 1;
/** What 32 bits of microseconds and of milliseconds hold. */
const FULL_MS = [2 ** 32 / 1000, 2 ** 32];
/** Within this part of what they hold, before and after. */
const NEAR_FULL = 0.01;

export function createOrder(): Order {
  let last: number | undefined;
  let offset = 0;
  let lastRaw = Number.NaN;
  let restarting = false;
  let older: number[] = [];

  const beginAt = (atMs: number): Ordered => {
    const at: number = last === undefined ? atMs : last + AFTER_RESTART_MS;
    offset = at - atMs;
    last = at;
    lastRaw = atMs;
    older = [];
    restarting = false;
    return { atMs: at, restart: true };
  };

  return {
    isLater: (atMs) => last === undefined || atMs + offset + overflow(lastRaw, atMs) > last,
    place(atMs) {
      if (last === undefined || restarting) return beginAt(atMs);
      offset += overflow(lastRaw, atMs);
      const at = atMs + offset;
      if (at > last) {
        last = at;
        lastRaw = atMs;
        older = [];
        return { atMs: at, restart: false };
      }
      const behindMs = last - at;
      if (behindMs === 0) return 'has the time of the row before: doubled';
      older = atMs > (older.at(-1) ?? Number.NEGATIVE_INFINITY) ? [...older, atMs] : [atMs];
      if (older.length >= SET_BACK) return beginAt(atMs);
      return `is ${behindMs} ms older than the row before: out of order`;
    },
    restart() {
      restarting = last !== undefined;
    },
  };
}

/** What a clock that has run over between two rows has lost, else 0. */
function overflow(beforeMs: number, atMs: number): number {
  const full = FULL_MS.find((most) => beforeMs < most && beforeMs >= most * (1 - NEAR_FULL));
  return full !== undefined && atMs >= 0 && atMs <= full * NEAR_FULL ? full : 0;
}
