/** What uses a model version, and so keeps it from being deleted. */
import type { StoredModel } from '../store/models.ts';
import type { HubStore } from '../store/store.ts';

/** The first use that is found, as a sentence; undefined: nothing uses it. */
export async function useOf(
  store: Pick<HubStore, 'desired' | 'rollouts' | 'devices'>,
  model: StoredModel,
): Promise<string | undefined> {
  const [alias] = model.aliases;
  if (alias !== undefined) return `the alias "${alias}" points to it`;
  const wanting = await store.desired.naming(model.digest);
  if (wanting !== undefined) return `the device "${wanting}" should run it`;
  const rollout = await store.rollouts.naming(model.digest);
  if (rollout !== undefined) return `the rollout ${rollout} needs it`;
  const running = await store.devices.reporting(model.digest);
  return running === undefined ? undefined : `the device "${running}" has it in one of its slots`;
}
