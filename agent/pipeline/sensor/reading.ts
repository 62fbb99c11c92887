/** Decides which windows become `reading` records, and what these say. Pure, and handed the time. */
import type { ReadingRecord } from '../../../shared/contract/messages/record.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';

type Reading = Pick<ReadingRecord, 'score' | 'threshold' | 'anomalous' | 'label'>;

export interface Readings {
  /**
   * @param threshold of the classes
   * @param now milliseconds of a clock that never goes back
   * @returns what the record says; undefined when there shall be none
   */
  next(outcome: Outcome, threshold: number, now: number): Reading | undefined;
}

const EVERY_MS = 1000;
/** A state that flutters is no news each time. */
const CHANGE_MS = 200;

export function createReadings(): Readings {
  let sentAt = Number.NEGATIVE_INFINITY;
  let state: boolean | undefined;
  return {
    next(outcome, threshold, now) {
      const reading = readingOf(outcome, threshold);
      if (!reading) return undefined;
      const wait = reading.anomalous === state ? EVERY_MS : CHANGE_MS;
      if (now - sentAt < wait) return undefined;
      sentAt = now;
      state = reading.anomalous;
      return reading;
    },
  };
}

/** Of classes the best; it stands out (`anomalous`) when it reaches its threshold. A vector is no reading. */
function readingOf(outcome: Outcome, threshold: number): Reading | undefined {
  if (outcome.task === 'anomaly')
    return { score: outcome.score, threshold: outcome.threshold, anomalous: outcome.anomalous };
  const [best] = outcome.task === 'classify' ? outcome.classes : [];
  return best && { label: best.label, score: best.score, threshold, anomalous: best.score >= threshold };
}
