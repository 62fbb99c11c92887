/** Whether a live source has given no sample for too long: once until its next sample. */
import type { Clock } from '../../../../shared/kit/clock.ts';

export interface Quiet {
  /** @param hasSample one came since the last call. @returns whether the silence is to be reported now */
  look(hasSample: boolean): boolean;
}

export function createQuiet(clock: Pick<Clock, 'mono'>, quietMs: number): Quiet {
  let sampleAt = clock.mono();
  let isReported = false;
  return {
    look(hasSample) {
      if (hasSample) {
        sampleAt = clock.mono();
        isReported = false;
        return false;
      }
      if (isReported || clock.mono() - sampleAt < quietMs) return false;
      isReported = true;
      return true;
    },
  };
}
