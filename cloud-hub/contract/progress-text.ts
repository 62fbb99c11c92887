/** Where a device stands in a rollout, as a sentence: for whoever tells people (history, gates, commands, pages). Pure. */
import type { DeviceProgress } from './rollout.ts';

/**
 * `STAGE: REASON` of a failure, `PHASE` or `PHASE: REASON` of work, empty where there is nothing to say. Of a device that is
 * late: what it was at.
 */
export function progressText({ phase, stage, reason }: Omit<DeviceProgress, 'outcome'>): string {
  if (stage === 'late') {
    const last =
      phase === undefined ? 'it has not taken up what it was asked' : `its last word is ${sentence(phase, reason)}`;
    return `not done in time; ${last}`;
  }
  return sentence(stage ?? phase, reason);
}

function sentence(what: string | undefined, reason: string): string {
  return [what ?? '', reason].filter((part) => part !== '').join(': ');
}
