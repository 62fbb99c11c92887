/** What the hub's model has said of the new model of a rollout, and of the one before, per device. */
import type { RolloutTarget } from '../contract/rollout.ts';
import type { ModelAgreement } from '../store/opinions.ts';
import type { HubStore } from '../store/store.ts';
import { type Stratum, strataOf } from './disagreement.ts';

/** @returns nothing for a target that changes no model */
export async function lookedAt(
  { models, opinions }: Pick<HubStore, 'models' | 'opinions'>,
  target: RolloutTarget,
): Promise<ReadonlyMap<string, readonly Stratum[]>> {
  const wanted = target.kind === 'model' ? await models.byDigest(target.digest) : undefined;
  if (!wanted) return new Map();
  const model = `${wanted.name}@${wanted.version}`;
  const pairs = new Map<string, ModelAgreement[]>();
  for (const pair of await opinions.agreementsOf(model))
    pairs.set(pair.device, [...(pairs.get(pair.device) ?? []), pair]);
  return new Map([...pairs].map(([device, own]) => [device, strataOf(own, model)]));
}
