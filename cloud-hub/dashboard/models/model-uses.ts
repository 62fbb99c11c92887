/** Versions by name, and what uses a version: pure. */
import type { Device } from '../../contract/device.ts';
import type { Model } from '../../contract/model.ts';
import type { Rollout } from '../../contract/rollout.ts';

export interface Uses {
  /** Devices that have it in this slot. */
  readonly active: readonly string[];
  readonly candidate: readonly string[];
  readonly previous: readonly string[];
  /** Open rollouts that bring it. */
  readonly rollouts: readonly string[];
}

export interface ModelFamily {
  readonly name: string;
  /** In the order in which they are given. */
  readonly versions: readonly Model[];
}

const slots = ['active', 'candidate', 'previous'] as const;

/** Uses by digest, of all packages that anything uses. */
export function usesByDigest(devices: readonly Device[], rollouts: readonly Rollout[]): ReadonlyMap<string, Uses> {
  const found = new Map<string, { [K in keyof Uses]: Set<string> }>();
  const of = (digest: string) => {
    const known = found.get(digest);
    if (known) return known;
    const fresh = {
      active: new Set<string>(),
      candidate: new Set<string>(),
      previous: new Set<string>(),
      rollouts: new Set<string>(),
    };
    found.set(digest, fresh);
    return fresh;
  };
  for (const { id, models = {} } of devices) {
    for (const model of Object.values(models)) {
      for (const slot of slots) {
        const digest = model[slot]?.digest;
        if (digest !== undefined) of(digest)[slot].add(id);
      }
    }
  }
  for (const { id, status, plan } of rollouts) {
    if ((status === 'running' || status === 'paused') && plan.target.kind === 'model')
      of(plan.target.digest).rollouts.add(id);
  }
  return new Map(
    [...found].map(([digest, { active, candidate, previous, rollouts: bringing }]) => [
      digest,
      { active: [...active], candidate: [...candidate], previous: [...previous], rollouts: [...bringing] },
    ]),
  );
}

/** Names in alphabetical order. */
export function familiesOf(models: readonly Model[]): readonly ModelFamily[] {
  const names = [...new Set(models.map(({ name }) => name))].sort();
  return names.map((name) => ({ name, versions: models.filter((model) => model.name === name) }));
}

/** Why the hub would not delete it, as far as this page knows; undefined: nothing uses it. */
export function whyKept(model: Model, uses: Uses | undefined): string | undefined {
  const [alias] = model.aliases;
  if (alias !== undefined) return `The alias “${alias}” points to it.`;
  const [rollout] = uses?.rollouts ?? [];
  if (rollout !== undefined) return `The rollout ${rollout} installs it.`;
  const devices = slots.flatMap((slot) => uses?.[slot] ?? []);
  return devices.length > 0 ? `The device ${devices[0]} has it in one of its slots.` : undefined;
}
