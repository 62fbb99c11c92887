/** Puts pending alerts into the outbox, one notification per rule. Inside a transaction, which the engine opens. */
import { randomUUID } from 'node:crypto';
import type { StoredAlert } from '../store/alerts.ts';
import type { HubStore } from '../store/store.ts';
import { compose } from './notification.ts';
import { silentUntil } from './silences.ts';
import type { WatchedRule, WatchedRules } from './watched-rules.ts';

type Stores = Pick<HubStore, 'alerts' | 'alertRules' | 'alertDeliveries' | 'devices'>;

/** @returns when something may be due next, milliseconds since 1970 */
export function notifyWhatIsDue(store: Stores, rules: WatchedRules, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { name, timing } of rules.all.values()) {
    if (timing.repeatMs === 0) continue;
    const notifiedAt = store.alertRules.rule(name)?.notifiedAt ?? 0;
    if (notifiedAt > 0 && now - notifiedAt >= timing.repeatMs) store.alerts.remind(name);
    next = Math.min(next, Math.max(now, notifiedAt) + timing.repeatMs);
  }
  for (const { rule: name, since } of store.alerts.pendingRules()) {
    const rule = rules.all.get(name);
    if (!rule) {
      for (const { id } of store.alerts.pending(name)) store.alerts.notified(id);
      continue;
    }
    const notifiedAt = store.alertRules.rule(name)?.notifiedAt ?? 0;
    // A wall clock that was set back keeps nobody waiting for longer than the times of the rule.
    const dueAt = Math.max(Math.min(since, now) + rule.timing.waitMs, Math.min(notifiedAt, now) + rule.timing.everyMs);
    next = Math.min(next, dueAt > now ? dueAt : notify(store, rule, now));
  }
  return next;
}

/** @returns when the first silence ends that keeps something back */
function notify(store: Stores, rule: WatchedRule, now: number): number {
  const silences = store.alertRules.openSilences(now);
  let next = Number.POSITIVE_INFINITY;
  const alerts: StoredAlert[] = [];
  for (const alert of store.alerts.pending(rule.name)) {
    const { device } = alert;
    const until = silentUntil(silences, rule.name, { id: device, labels: store.devices.labels(device) }, now);
    if (until === undefined) alerts.push(alert);
    else if (alert.resolvedAt === undefined) next = Math.min(next, until);
    else store.alerts.notified(alert.id);
  }
  if (alerts.length === 0) return next;
  const notification = compose(rule, alerts, now);
  for (const channel of rule.channels) {
    // A channel that was removed gets nothing.
    if (store.alertRules.channel(channel))
      store.alertDeliveries.add(channel, { id: randomUUID(), ...notification }, now);
  }
  for (const { id } of alerts) store.alerts.notified(id);
  store.alertRules.notified(rule.name, now);
  return next;
}
