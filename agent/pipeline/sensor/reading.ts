/**
 * Decides which windows become `reading` records, and what these say: of an anomaly the highest score since the reading before, while the
 * state is the same. Pure, and handed the time.
 */
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
  /** Of an anomaly: what came between two readings of one state must not be missed. */
  let highest = Number.NEGATIVE_INFINITY;
  return {
    next(outcome, threshold, now) {
      const reading = readingOf(outcome, threshold);
      if (!reading) return undefined;
      const isSame = reading.anomalous === state;
      const { score = highest } = reading;
      highest = isSame && outcome.task === 'anomaly' ? Math.max(highest, score) : score;
      if (now - sentAt < (isSame ? EVERY_MS : CHANGE_MS)) return undefined;
      const told = { ...reading, score: highest };
      sentAt = now;
      state = reading.anomalous;
      highest = Number.NEGATIVE_INFINITY;
      return told;
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
