/** What a window's outcome says, as rules and summaries count it. Pure. */
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import { counts, type Thresholds } from '../../../shared/contract/thresholds.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';

/** There is no picture: whatever was found, was found in all of it. */
const EVERYWHERE: Detection['box'] = [0, 0, 1, 1];

/**
 * An anomalous window is one finding `anomaly`, with score / (score + threshold): 0.5 at the threshold, below 1 for ever.
 * Each class that reaches its threshold is one finding.
 */
export function findingsOf(outcome: Outcome, thresholds: Thresholds): Detection[] {
  if (outcome.task === 'classify')
    return outcome.classes.filter((c) => counts(thresholds, c)).map((c) => ({ ...c, box: EVERYWHERE }));
  if (outcome.task !== 'anomaly' || !outcome.anomalous) return [];
  return [{ label: 'anomaly', score: outcome.score / (outcome.score + outcome.threshold), box: EVERYWHERE }];
}
