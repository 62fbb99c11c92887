/**
 * Puts the samples of a series on one line of time that never goes back. Pure.
 *
 * A sample that is older than the one before (out of order) or as old (doubled) is refused. Several in a row that are in
 * order among themselves are no accident: the series' clock was set back, or was wrong once; it goes on from there.
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

export function createOrder(): Order {
  let last: number | undefined;
  let offset = 0;
  let restarting = false;
  let older: number[] = [];

  const beginAt = (atMs: number): Ordered => {
    const at: number = last === undefined ? atMs : last + AFTER_RESTART_MS;
    offset = at - atMs;
    last = at;
    older = [];
    restarting = false;
    return { atMs: at, restart: true };
  };

  return {
    isLater: (atMs) => last === undefined || atMs + offset > last,
    place(atMs) {
      if (last === undefined || restarting) return beginAt(atMs);
      const at = atMs + offset;
      if (at > last) {
        last = at;
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
