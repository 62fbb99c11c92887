/**
 * Whether a live source has given no sample for too long: once until its next sample. Too long is `quietMs`; or, of a source that has a
 * rhythm of its own, a few times the longest of its pauses so far, also where that is longer. Pure but for the clock.
 */
import type { Clock } from '../../../../shared/kit/clock.ts';

export interface Quiet {
  /** @param hasSample one came since the last call. @returns whether the silence is to be reported now */
  look(hasSample: boolean): boolean;
  /** How long a silence may be, in milliseconds. */
  readonly limitMs: number;
}

/** Networks and busy machines have their moments. */
const LEAST_MS = 10_000;
/** A silence so many times as long as the longest pause is none of the rhythm. */
const TIMES = 4;
/** Pauses before a rhythm is trusted to be faster than `quietMs`; and it must have been seen for that long. */
const PAUSES = 8;
/** The longest pause is forgotten (to 1/e) in so many times its length: what comes in bursts is not quick. */
const FADE = 200;

/** As a text shows it. */
export const secondsOf = (ms: number): number => Number((ms / 1000).toPrecision(3));

/** @param ownRhythm nobody has said how often samples come: it is learned */
export function createQuiet(clock: Pick<Clock, 'mono'>, quietMs: number, ownRhythm = false): Quiet {
  const since = clock.mono();
  let sampleAt = since;
  let isReported = false;
  let pauses = 0;
  let longestMs = 0;
  let isFirst = true;

  const limit = () => {
    if (!ownRhythm || pauses === 0) return quietMs;
    const isTrusted = pauses >= PAUSES && sampleAt - since >= quietMs;
    return Math.max(isTrusted ? LEAST_MS : quietMs, TIMES * longestMs);
  };
  /** A silence that was reported does not become usual at once. */
  const learn = (pauseMs: number) => {
    const faded = longestMs > 0 ? longestMs * Math.exp(-pauseMs / (FADE * longestMs)) : 0;
    longestMs = Math.max(faded, isReported && longestMs > 0 ? Math.min(pauseMs, 2 * longestMs) : pauseMs);
    pauses++;
  };
  return {
    look(hasSample) {
      if (hasSample) {
        if (!isFirst) learn(clock.mono() - sampleAt);
        isFirst = false;
        sampleAt = clock.mono();
        isReported = false;
        return false;
      }
      if (isReported || clock.mono() - sampleAt < limit()) return false;
      isReported = true;
      return true;
    },
    get limitMs() {
      return limit();
    },
  };
}
