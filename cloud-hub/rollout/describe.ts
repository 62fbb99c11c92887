/** Rollouts as the API and the live feed give them. */
import type { LiveMessage } from '../contract/live.ts';
import type { Rollout, RolloutDevice } from '../contract/rollout.ts';
import type { AskedDevice, StoredRollout } from '../store/rollouts.ts';
import { isoTime } from '../store/rows.ts';
import type { HubStore } from '../store/store.ts';

/** The most devices that one message of the feed carries. */
const MESSAGE_DEVICES = 500;

export async function describeRollout(
  store: Pick<HubStore, 'rollouts' | 'models'>,
  found: StoredRollout,
): Promise<Rollout> {
  const { target } = found.plan;
  const model = target.kind === 'model' ? await store.models.byDigest(target.digest) : undefined;
  return {
    id: found.id,
    status: found.status,
    ...(model ? { package: `${model.name}@${model.version}` } : {}),
    plan: found.plan,
    wave: found.wave,
    ...(found.settledAt === undefined ? {} : { settledAt: isoTime(found.settledAt) }),
    devices: { waiting: 0, working: 0, active: 0, failed: 0, ...(await store.rollouts.counts(found.row)) },
    gates: [...found.gates],
    waived: [...found.waived],
    reason: found.reason,
    createdAt: isoTime(found.createdAt),
    createdBy: found.createdBy,
    changedAt: isoTime(found.changedAt),
  };
}

export function describeDevice({ device, wave, askedAt, progress }: AskedDevice): RolloutDevice {
  return { device, wave, askedAt: isoTime(askedAt), ...progress };
}

/** What changed of a rollout, for the feed; in parts, so that no message is large. */
export function rolloutNews(
  store: Pick<HubStore, 'rollouts' | 'models'>,
  id: string,
  devices: readonly string[],
): (() => Promise<LiveMessage | undefined>)[] {
  const parts = Array.from({ length: Math.max(1, Math.ceil(devices.length / MESSAGE_DEVICES)) }, (_, part) =>
    devices.slice(part * MESSAGE_DEVICES, (part + 1) * MESSAGE_DEVICES),
  );
  return parts.map((part) => async () => {
    const found = await store.rollouts.get(id);
    if (!found) return undefined;
    const rows: AskedDevice[] = [];
    for (const device of part) {
      const row = await store.rollouts.device(found.row, device);
      if (row) rows.push(row);
    }
    return { type: 'rollout', rollout: await describeRollout(store, found), devices: rows.map(describeDevice) };
  });
}
