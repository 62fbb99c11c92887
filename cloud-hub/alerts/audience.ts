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
export function receiversOf(
  store: Pick<HubStore, 'devices' | 'pushSubscriptions'>,
  channel: Pick<StoredChannel, 'kind' | 'users'>,
  alerts: readonly StoredAlert[],
  now: number,
): readonly Receiver[] {
  if (channel.kind !== 'push') return [{ alerts }];
  return store.pushSubscriptions.of(channel.users, now).flatMap(({ id: target, scope }) => {
    const seen = alerts.filter(({ device }) => sees({ scope }, device, store.devices.labels));
    return seen.length > 0 ? [{ target, alerts: seen }] : [];
  });
}
