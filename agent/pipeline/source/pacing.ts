/** Pure decisions about which frames are due, and when. */

/** Lets at most `fps` frames a second pass, by their own timestamps, evenly. */
export function createRateLimit(fps: number | undefined): (ptsMs: number) => boolean {
  if (fps === undefined) return () => true;
  const step = 1000 / fps;
  // A frame may come a little early: 10 of 30 frames a second must not become 7.5 by rounding of timestamps.
  const tolerance = Math.min(step / 10, 5);
  let due = Number.NEGATIVE_INFINITY;
  return (ptsMs) => {
    if (ptsMs < due - tolerance) return false;
    due = ptsMs >= due + step ? ptsMs + step : due + step;
    return true;
  };
}

/** Joins the timelines of a looped file: each round goes on where the one before ended. */
export function createTimeline(frameMs: number): { next(ptsMs: number): number; loop(): void } {
  let offset = 0;
  let last = -frameMs;
  return {
    next(ptsMs) {
      last = Math.max(last, ptsMs + offset);
      return last;
    },
    loop() {
      offset = last + frameMs;
    },
  };
}
