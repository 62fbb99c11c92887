/** Pure decisions about which frames are due, and when. */
import { createStampJudge } from './stamps.ts';

export interface RateLimit {
  /**
   * Takes the frame of this time when it is due.
   * @param heaps frames come in heaps: what a pause has missed is made up for
   */
  (ptsMs: number, heaps?: boolean): boolean;
  /** Would it be taken? */
  due(ptsMs: number): boolean;
}

/** A pause of this length is made up for by the heap that follows. */
const HEAP_MS = 1000;

/** Lets at most `fps` frames a second pass, by their own timestamps, evenly. */
export function createRateLimit(fps: number | undefined): RateLimit {
  const step = fps === undefined ? 0 : 1000 / fps;
  // A frame may come a little early: 10 of 30 frames a second must not become 7.5 by rounding of timestamps.
  const tolerance = Math.min(step / 10, 5);
  let next = Number.NEGATIVE_INFINITY;
  const due = (ptsMs: number) => fps === undefined || ptsMs >= next - tolerance;
  const take = (ptsMs: number, heaps = false) => {
    if (!due(ptsMs)) return false;
    if (heaps) next = Math.max(next + step, ptsMs - HEAP_MS);
    else next = ptsMs >= next + step ? ptsMs + step : next + step;
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
  /** Is the time of arrival taken, because there are no stamps or they cannot be believed? Frames may then come in heaps. */
  byArrival(): boolean;
  /** The source begins anew: another round of a loop, another connection. */
  again(): void;
}

/** A timestamp that goes back further than this begins a new timeline; a smaller step is disorder. */
const JUMP_BACK_MS = 500;
/** A step forward that is longer than this, and than so many frames, is a hole: two recordings were joined. */
const HOLE_MS = 10_000;
const HOLE_FRAMES = 20;
const MAX_FRAME_MS = 10_000;
/** So many frames in a row with the same stamp: it stands still, and the stated rate counts. Two fields of a picture may share one. */
const STILL_FRAMES = 3;

/**
 * Of a recording: each round of a loop, and what follows a jump back or a hole, goes on where the part before ended.
 * @param onHole told of each hole, with its length
 */
export function createRecordedTimeline(
  frameMs: number,
  onHole: (milliseconds: number) => void = () => undefined,
): Timeline {
  const holeMs = Math.max(HOLE_MS, HOLE_FRAMES * Math.min(frameMs, MAX_FRAME_MS));
  let offset = 0;
  let last = -frameMs;
  let lastStamp: number | undefined;
  let same = 0;
  const peek = (stampMs = last + frameMs - offset) => {
    const time = Math.max(last, stampMs + offset);
    return stampMs === lastStamp && same >= STILL_FRAMES - 1 ? Math.max(time, last + frameMs) : time;
  };
  return {
    peek,
    next(stampMs) {
      if (stampMs !== undefined) {
        const step = stampMs + offset - last;
        const isHole = lastStamp !== undefined && step > holeMs;
        if (isHole) onHole(step);
        if (isHole || step < -JUMP_BACK_MS) offset = last + frameMs - stampMs;
      }
      last = peek(stampMs);
      same = stampMs !== undefined && stampMs === lastStamp ? same + 1 : 0;
      lastStamp = stampMs;
      return last;
    },
    byArrival: () => false,
    again() {
      offset = last + frameMs;
      lastStamp = undefined;
      same = 0;
    },
  };
}

/** A camera's own time may differ from ours by this much before ours is taken. */
const DRIFT_MS = 1000;
/** Of a difference beyond this share is made up for with each frame: a clock that runs a little fast or slow never gets far. */
const UNEVEN_MS = 100;
const SLEW = 0.01;

/**
 * Of a camera, over all its connections: its own stamps, which are even, as long as they run as our clock does (`stamps.ts`); else
 * when the frames arrive.
 */
export function createLiveTimeline(): Timeline {
  const judge = createStampJudge();
  let start: number | undefined;
  let offset: number | undefined;
  let last = 0;
  let byArrival = true;
  const peek = (stampMs: number | undefined, nowMs: number) => {
    const elapsed = nowMs - (start ?? nowMs);
    const claimed = stampMs === undefined || offset === undefined || !judge.believed() ? elapsed : stampMs + offset;
    return Math.max(last, Math.abs(claimed - elapsed) > DRIFT_MS ? elapsed : claimed);
  };
  return {
    peek,
    next(stampMs, nowMs) {
      start ??= nowMs;
      const elapsed = nowMs - start;
      byArrival = stampMs === undefined || !judge.see(stampMs, nowMs);
      if (stampMs === undefined || byArrival) offset = undefined;
      else {
        offset ??= Math.max(elapsed, last) - stampMs;
        if (Math.abs(stampMs + offset - elapsed) > DRIFT_MS) offset = elapsed - stampMs;
      }
      last = peek(stampMs, nowMs);
      const ahead = last - elapsed;
      if (offset !== undefined && Math.abs(ahead) > UNEVEN_MS) offset -= ahead * SLEW;
      return last;
    },
    byArrival: () => byArrival,
    again() {
      offset = undefined;
      judge.again();
    },
  };
}
