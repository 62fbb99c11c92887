/** Puts what nobody was told yet into the outbox, gathered by rule. Inside a transaction, which the engine opens. */
import { randomUUID } from 'node:crypto';
import type { StoredAlert } from '../store/alerts.ts';
import type { HubStore } from '../store/store.ts';
import { compose } from './notification.ts';
import { silentUntil } from './silences.ts';
import type { WatchedRule, WatchedRules } from './watched-rules.ts';

type Stores = Pick<HubStore, 'alerts' | 'alertRules' | 'alertDeliveries' | 'devices'>;

/** @returns when something may be due next, milliseconds since 1970 */
export function tellWhatIsDue(store: Stores, rules: WatchedRules, now: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const { name, timing } of rules.all.values()) {
    if (timing.repeatMs === 0) continue;
    const toldAt = store.alertRules.rule(name)?.toldAt ?? 0;
    if (toldAt > 0 && now - toldAt >= timing.repeatMs) store.alerts.remind(name);
    next = Math.min(next, Math.max(now, toldAt) + timing.repeatMs);
  }
  for (const { rule: name, since } of store.alerts.untoldRules()) {
    const rule = rules.all.get(name);
    if (!rule) {
      for (const { id } of store.alerts.untold(name)) store.alerts.told(id);
      continue;
    }
    const toldAt = store.alertRules.rule(name)?.toldAt ?? 0;
    // A wall clock that was set back keeps nobody waiting for longer than the times of the rule.
    const dueAt = Math.max(Math.min(since, now) + rule.timing.waitMs, Math.min(toldAt, now) + rule.timing.everyMs);
    next = Math.min(next, dueAt > now ? dueAt : tell(store, rule, now));
  }
  return next;
}

/** @returns when the first silence ends that keeps something back */
function tell(store: Stores, rule: WatchedRule, now: number): number {
  const silences = store.alertRules.openSilences(now);
  let next = Number.POSITIVE_INFINITY;
  const alerts: StoredAlert[] = [];
  for (const alert of store.alerts.untold(rule.name)) {
    const { device } = alert;
    const until = silentUntil(silences, rule.name, { id: device, labels: store.devices.labels(device) }, now);
    if (until === undefined) alerts.push(alert);
    else if (alert.resolvedAt === undefined) next = Math.min(next, until);
    else store.alerts.told(alert.id);
  }
  if (alerts.length === 0) return next;
  const notification = compose(rule, alerts, now);
  for (const channel of rule.channels) {
    // A channel that was removed is told nothing.
    if (store.alertRules.channel(channel))
      store.alertDeliveries.add(channel, { id: randomUUID(), ...notification }, now);
  }
  for (const { id } of alerts) store.alerts.told(id);
  store.alertRules.told(rule.name, now);
  return next;
}
