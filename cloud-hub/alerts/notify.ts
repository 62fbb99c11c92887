/** Puts pending alerts into the outbox, one notification per rule and step. Inside a transaction, which the engine opens. */
import { randomUUID } from 'node:crypto';
import type { StoredAlert } from '../store/alerts.ts';
import type { HubStore } from '../store/store.ts';
import { receiversOf } from './audience.ts';
import type { Held } from './held.ts';
import { type Hours, nextMinute } from './hours.ts';
import { compose, type Occasion } from './notification.ts';
import { silentUntil } from './silences.ts';
import type { WatchedRule, WatchedRules } from './watched-rules.ts';

export interface NotifyTools {
  readonly store: Pick<HubStore, 'alerts' | 'alertRules' | 'alertDeliveries' | 'devices' | 'pushSubscriptions'>;
  readonly hours: Pick<Hours, 'isOpen'>;
  /** What is held back of each rule, and of each of its steps. */
  readonly held: Held;
  /** A link by which whoever has it acknowledges what has fired of a rule; undefined: the hub does not know its own address. */
  readonly linkTo: (rule: string, channel: string, now: number) => string | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;
/** A step waits so long for others that are due: devices that went together are one notification. */
const GATHER_MS = 5000;
/** Steps are looked at so often. */
const LOOK_MS = 1000;

/** @returns when something may be due next, milliseconds since 1970 */
export async function notifyWhatIsDue(tools: NotifyTools, rules: WatchedRules, now: number): Promise<number> {
  const { store } = tools;
  let next = NEVER;
  for (const { name, timing } of rules.all.values()) {
    if (timing.repeatMs === 0) continue;
    const notifiedAt = (await store.alertRules.rule(name))?.notifiedAt ?? 0;
    if (notifiedAt > 0 && now - notifiedAt >= timing.repeatMs) await store.alerts.remind(name);
    next = Math.min(next, Math.max(now, notifiedAt) + timing.repeatMs);
  }
  for (const { rule: name, since } of await store.alerts.pendingRules()) {
    const rule = rules.all.get(name);
    if (!rule) {
      for (const { id } of await store.alerts.pending(name)) await store.alerts.notified(id, now);
      continue;
    }
    const notifiedAt = (await store.alertRules.rule(name))?.notifiedAt ?? 0;
    // A wall clock that was set back keeps nobody waiting for longer than the times of the rule.
    const dueAt = Math.max(Math.min(since, now) + rule.timing.waitMs, Math.min(notifiedAt, now) + rule.timing.everyMs);
    next = Math.min(next, dueAt > now ? dueAt : await notify(tools, rule, now));
  }
  for (const rule of rules.all.values()) next = Math.min(next, await escalate(tools, rule, now));
  return next;
}

/** @returns when the rule has to be looked at again, because something is held back */
async function notify(tools: NotifyTools, rule: WatchedRule, now: number): Promise<number> {
  const { store, held: all } = tools;
  const before = all.get(rule.name, now);
  const { alerts, held, next } = await audible(tools, rule, await store.alerts.pending(rule.name, before?.upTo), now);
  for (const { id, resolvedAt } of held) if (resolvedAt !== undefined) await store.alerts.notified(id, now);
  const upTo = Math.max(before?.upTo ?? 0, ...held.slice(-1).map(({ id }) => id));
  const until = Math.min(before?.until ?? NEVER, next);
  if (upTo === 0) all.release(rule.name);
  const again = upTo === 0 ? NEVER : all.hold(rule.name, upTo, now, until);
  if (alerts.length === 0) return again;
  await send(tools, rule, rule.channels, alerts, { at: now });
  // Those who were told by a step are told that it is over.
  for (const [index, { channels }] of rule.steps.entries()) {
    const over = alerts.filter(({ resolvedAt, steps }) => resolvedAt !== undefined && steps > index);
    const others = channels.filter((channel) => !rule.channels.includes(channel));
    if (over.length > 0) await send(tools, rule, others, over, { at: now });
  }
  for (const { id } of alerts) await store.alerts.notified(id, now);
  await store.alertRules.notified(rule.name, now);
  return again;
}

/** Nobody has acknowledged: the channels of the next step are told. @returns when the next one is due */
async function escalate(tools: NotifyTools, rule: WatchedRule, now: number): Promise<number> {
  const { store, held } = tools;
  if (rule.steps.length === 0) return NEVER;
  const key = (step: number | undefined) => JSON.stringify([rule.name, 'step', step]);
  const looked = held.get(key(undefined), now);
  if (looked) return looked.until;
  held.hold(key(undefined), 0, now, now + LOOK_MS);
  let next = NEVER;
  for (const { steps: told, since } of await store.alerts.unacknowledged(rule.name, rule.steps.length)) {
    const step = rule.steps[told];
    if (!step) continue;
    const afterMs = step.afterS * 1000;
    const silent = held.get(key(told), now);
    const dueAt = silent?.until ?? Math.min(since, now) + afterMs + GATHER_MS;
    if (dueAt > now) {
      next = Math.min(next, dueAt);
      continue;
    }
    const due = await audible(tools, rule, await store.alerts.escalating(rule.name, told, now - afterMs), now);
    if (due.alerts.length > 0) await send(tools, rule, step.channels, due.alerts, { at: now, step: told + 1 });
    for (const { id } of due.alerts) await store.alerts.escalated(id, told + 1);
    // What is left, and the step after it, have times of their own.
    next = Math.min(next, due.alerts.length > 0 ? now : held.hold(key(told), 0, now, due.next));
  }
  return next;
}

/** Those of these alerts that nothing holds back now. */
async function audible(
  { store, hours }: NotifyTools,
  rule: WatchedRule,
  candidates: readonly StoredAlert[],
  now: number,
): Promise<{ readonly alerts: readonly StoredAlert[]; readonly held: readonly StoredAlert[]; readonly next: number }> {
  if (rule.hours && !hours.isOpen(rule.hours, now)) return { alerts: [], held: candidates, next: nextMinute(now) };
  const silences = await store.alertRules.openSilences(now);
  let next = NEVER;
  const alerts: StoredAlert[] = [];
  const held: StoredAlert[] = [];
  for (const alert of candidates) {
    const { device } = alert;
    const until =
      silences.length === 0
        ? undefined
        : silentUntil(silences, rule.name, { id: device, labels: await store.devices.labels(device) }, now, hours);
    if (until === undefined) alerts.push(alert);
    else {
      held.push(alert);
      if (alert.resolvedAt === undefined) next = Math.min(next, until);
    }
  }
  return { alerts, held, next };
}

async function send(
  { store, linkTo }: NotifyTools,
  rule: WatchedRule,
  channels: readonly string[],
  alerts: readonly StoredAlert[],
  occasion: Omit<Occasion, 'acknowledge'>,
): Promise<void> {
  for (const name of channels) {
    const channel = await store.alertRules.channel(name);
    // A channel that was removed gets nothing.
    if (!channel) continue;
    for (const { target, alerts: seen } of await receiversOf(store, channel, alerts, occasion.at)) {
      // Whoever has a browser signed in acknowledges there, with what he may do.
      const acknowledge = target === undefined ? linkTo(rule.name, name, occasion.at) : undefined;
      const notification = compose(rule, seen, { ...occasion, acknowledge });
      await store.alertDeliveries.add(name, { id: randomUUID(), ...notification }, occasion.at, target);
    }
  }
}
