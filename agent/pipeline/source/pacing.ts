/** Pure decisions about which frames are due, and when. */

export interface RateLimit {
  /** Takes the frame of this time when it is due. */
  (ptsMs: number): boolean;
  /** Would it be taken? */
  due(ptsMs: number): boolean;
}

/** Lets at most `fps` frames a second pass, by their own timestamps, evenly. */
export function createRateLimit(fps: number | undefined): RateLimit {
  const step = fps === undefined ? 0 : 1000 / fps;
  // A frame may come a little early: 10 of 30 frames a second must not become 7.5 by rounding of timestamps.
  const tolerance = Math.min(step / 10, 5);
  let next = Number.NEGATIVE_INFINITY;
  const due = (ptsMs: number) => fps === undefined || ptsMs >= next - tolerance;
  const take = (ptsMs: number) => {
    if (!due(ptsMs)) return false;
    next = ptsMs >= next + step ? ptsMs + step : next + step;
    return true;
  };
  return Object.assign(take, { due });
}

/** Times of frames, in milliseconds from the first one on; never goes back. */
export interface Timeline {
  /**
   * The time of the next frame.
   * @param stampMs what the source says; undefined where that means nothing
   * @param nowMs of the monotonic clock
   */
  next(stampMs: number | undefined, nowMs: number): number;
  /** What `next` would say, give or take a jump. */
  peek(stampMs: number | undefined, nowMs: number): number;
  /** The source begins anew: another round of a loop, another connection. */
  again(): void;
}

/** A timestamp that goes back further than this begins a new timeline; a smaller step is disorder. */
const JUMP_BACK_MS = 500;

/** Of a recording: each round of a loop, and what follows a jump back in the middle, goes on where the part before ended. */
export function createRecordedTimeline(frameMs: number): Timeline {
  let offset = 0;
  let last = -frameMs;
  const peek = (stampMs = last + frameMs - offset) => Math.max(last, stampMs + offset);
  return {
    peek,
    next(stampMs) {
      if (stampMs !== undefined && stampMs + offset < last - JUMP_BACK_MS) offset = last + frameMs - stampMs;
      last = peek(stampMs);
      return last;
    },
    again() {
      offset = last + frameMs;
    },
  };
}

/** A camera's own time may differ from ours by this much before ours is trusted more. */
const DRIFT_MS = 1000;

/**
 * Of a camera, over all its connections: its own stamps, which are even, as long as they agree with when the frames arrive;
 * else when they arrive.
 */
export function createLiveTimeline(): Timeline {
  let start: number | undefined;
  let offset: number | undefined;
  let last = 0;
  const peek = (stampMs: number | undefined, nowMs: number) => {
    const elapsed = nowMs - (start ?? nowMs);
    const told = stampMs === undefined || offset === undefined ? elapsed : stampMs + offset;
    return Math.max(last, Math.abs(told - elapsed) > DRIFT_MS ? elapsed : told);
  };
  return {
    peek,
    next(stampMs, nowMs) {
      start ??= nowMs;
      const elapsed = nowMs - start;
      if (stampMs !== undefined) {
        offset ??= elapsed - stampMs;
        if (Math.abs(stampMs + offset - elapsed) > DRIFT_MS) offset = elapsed - stampMs;
      }
      last = peek(stampMs, nowMs);
      return last;
    },
    again() {
      offset = undefined;
    },
  };
}
