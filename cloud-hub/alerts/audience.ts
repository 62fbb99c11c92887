/** Who gets what of a notification: a channel is one receiver, and one of browsers has as many as people subscribed. */
import { sees } from '../identity/scope.ts';
import type { StoredChannel } from '../store/alert-rules.ts';
import type { StoredAlert } from '../store/alerts.ts';
import type { HubStore } from '../store/store.ts';

export interface Receiver {
  /** Row of a browser's subscription; undefined: the channel itself. */
  readonly target?: number;
  readonly alerts: readonly StoredAlert[];
}

/** Nobody is told of a device that he does not see. */
export async function receiversOf(
  store: Pick<HubStore, 'devices' | 'pushSubscriptions'>,
  channel: Pick<StoredChannel, 'kind' | 'users'>,
  alerts: readonly StoredAlert[],
  now: number,
): Promise<readonly Receiver[]> {
  if (channel.kind !== 'push') return [{ alerts }];
  const receivers: Receiver[] = [];
  for (const { id: target, scope } of await store.pushSubscriptions.of(channel.users, now)) {
    const seen: StoredAlert[] = [];
    for (const alert of alerts) if (await sees({ scope }, alert.device, store.devices.labels)) seen.push(alert);
    if (seen.length > 0) receivers.push({ target, alerts: seen });
  }
  return receivers;
}
