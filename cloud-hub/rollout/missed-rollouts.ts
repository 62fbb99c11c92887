/** What finished rollouts ask of a device that came, or was labelled, after they were through. Pure. */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { StoredRollout } from '../store/rollouts.ts';
import { type Labelled, selects } from './cohort.ts';
import { partOf } from './document.ts';

/**
 * Of each model, and of the streams, the newest rollout that has reached everybody and selects the device: where its document
 * says nothing yet, and no open rollout is about to.
 * @param done newest first
 */
export function missedRollouts(
  done: readonly StoredRollout[],
  open: readonly StoredRollout[],
  device: Labelled,
  document: Desired | undefined,
): StoredRollout[] {
  const covered = new Set(open.filter(({ plan }) => selects(plan.selector, device)).map(({ subject }) => subject));
  const found: StoredRollout[] = [];
  for (const rollout of done) {
    if (covered.has(rollout.subject) || !selects(rollout.plan.selector, device)) continue;
    covered.add(rollout.subject);
    if (!partOf(document, rollout.subject)) found.push(rollout);
  }
  return found;
}
