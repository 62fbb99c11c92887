/** A loop whose plan is a list that a test changes. */
import { createLoop, type Executors } from '../../../agent/reconcile/loop.ts';
import type { Step } from '../../../agent/reconcile/plan.ts';
import { type DesiredModel, desiredModel } from '../../../shared/contract/messages/desired.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const wanted: DesiredModel = desiredModel.parse({
  name: 'walker',
  version: '1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  bytes: 1,
  target: 'x',
});
export const fetchOf = (model: string): Step => ({ kind: 'fetch', model, package: wanted });
export const shadowOf = (model: string): Step => ({ kind: 'shadow', model, package: wanted });
export const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A loop whose plan is a list that a test changes; a step takes itself out of it when it is done. */
export function loopOf(
  run: (step: Step, signal: AbortSignal) => Promise<void> | void,
  planning: () => Promise<void> | void = () => undefined,
) {
  const unplanned: unknown[] = [];
  const clock = new ManualClock();
  const list: Step[] = [];
  const failures: { step: Step; error: unknown; retryMs: number }[] = [];
  const execute = async (step: Step, signal: AbortSignal) => {
    await run(step, signal);
    list.splice(list.indexOf(step), 1);
  };
  const kinds: Step['kind'][] = [
    'take-streams',
    'drop-streams',
    'forget-failures',
    'refuse',
    'drop-candidate',
    'begin',
  ];
  kinds.push('fetch', 'prove', 'shadow', 'swap', 'restore', 'go-home', 'roll-back', 'confirm', 'collect');
  const executors = Object.fromEntries(kinds.map((kind) => [kind, execute])) as unknown as Executors;
  const loop = createLoop({
    async plan() {
      await planning();
      return [...list];
    },
    executors,
    onFailed: (step, error, retryMs) => failures.push({ step, error, retryMs }),
    onUnplanned: (error) => unplanned.push(error),
    clock,
  });
  return { loop, list, clock, failures, unplanned };
}
