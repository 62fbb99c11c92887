/**
 * Can a camera's stamps be believed? Pure.
 *
 * A network delays frames and never hastens them: the least delay of a second's frames is the same from second to second where the
 * stamps run as our clock does, however unevenly frames arrive. Stamps that stand still, or rise once a second, show in how few rise.
 */

export interface StampJudge {
  /** A frame with this stamp has come. @returns may its stamp be believed? */
  see(stampMs: number, nowMs: number): boolean;
  /** What `see` said last; true before the first. */
  believed(): boolean;
  /** Another connection, with stamps of its own. */
  again(): void;
}

/** A part of the time in which frames are compared with each other: at least so long, with at least so many frames. */
const PART_MS = 1000;
const PART_FRAMES = 3;
/** Stamps may run faster or slower than our clock by this share. */
const DRIFT = 0.2;
/** Of the frames of a part so many must have a later stamp than the one before. */
const RISING = 0.6;
/** So many frames show that the stamps stand still, before their part is over. */
const STILL_FRAMES = 5;
/** Parts in a row that must be good before stamps are believed again. */
const GOOD_PARTS = 3;

interface Part {
  readonly from: number;
  frames: number;
  rising: number;
  leastDelay: number;
}

export function createStampJudge(): StampJudge {
  let part: Part | undefined;
  let before: Part | undefined;
  let lastStamp = Number.NEGATIVE_INFINITY;
  let believed = true;
  let good = 0;

  const judge = (isGood: boolean) => {
    good = isGood ? good + 1 : 0;
    believed = isGood && (believed || good >= GOOD_PARTS);
  };

  const close = (closing: Part) => {
    const drift = before ? (closing.leastDelay - before.leastDelay) / (closing.from - before.from) : 0;
    judge(closing.rising >= closing.frames * RISING && Math.abs(drift) <= DRIFT);
    before = closing;
  };

  return {
    see(stampMs, nowMs) {
      if (part && nowMs - part.from >= PART_MS && part.frames >= PART_FRAMES) {
        close(part);
        part = undefined;
      }
      part ??= { from: nowMs, frames: 0, rising: 0, leastDelay: Number.POSITIVE_INFINITY };
      part.frames++;
      if (stampMs > lastStamp) part.rising++;
      part.leastDelay = Math.min(part.leastDelay, nowMs - stampMs);
      lastStamp = stampMs;
      if (part.frames >= STILL_FRAMES && part.rising < part.frames * (1 - RISING)) judge(false);
      return believed;
    },
    believed: () => believed,
    again() {
      part = undefined;
      before = undefined;
      lastStamp = Number.NEGATIVE_INFINITY;
      believed = true;
      good = 0;
    },
  };
}
