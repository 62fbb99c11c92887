/** What people do with alerts: rules, channels, silences. Each change and its line in the audit are one transaction. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Alert, NewSilence, Silence } from '../contract/alert.ts';
import type { ChannelTest, NewChannel } from '../contract/alert-channel.ts';
import type { NewAlertRule } from '../contract/alert-rule.ts';
import type { StoredSilence } from '../store/alert-rules.ts';
import { type StoredAlert, toView } from '../store/alerts.ts';
import type { Act } from '../store/audit.ts';
import { isoTime } from '../store/rows.ts';
import type { HubStore } from '../store/store.ts';
import type { AlertEngine } from './engine.ts';
import type { Hours } from './hours.ts';
import type { AlertOutbox } from './outbox.ts';
import type { Secrets } from './secrets.ts';
import type { Sender } from './sender.ts';
import { isActive, silentUntil } from './silences.ts';

export interface AlertsOptions {
  readonly store: Pick<HubStore, 'alerts' | 'alertRules' | 'alertSources' | 'audit' | 'devices' | 'transact'>;
  readonly engine: AlertEngine;
  readonly outbox: AlertOutbox;
  readonly sender: Sender;
  readonly secrets: Secrets;
  readonly hours: Hours;
  readonly clock: Clock;
}

/** More make the watch expensive, and nobody reads them. */
export const MOST_RULES = 500;
export const MOST_CHANNELS = 100;

export class Alerts {
  readonly #options: AlertsOptions;

  constructor(options: AlertsOptions) {
    this.#options = options;
  }

  /** @returns what keeps it from being stored; undefined: it is stored */
  setRule(name: string, rule: NewAlertRule, act: Act): string | undefined {
    const { store, engine } = this.#options;
    const named = [...rule.channels, ...rule.steps.flatMap(({ channels }) => channels)];
    const missing = named.find((one) => !store.alertRules.channel(one));
    if (missing !== undefined) return `there is no channel "${missing}"`;
    const rules = store.alertRules.rules();
    if (rules.length >= MOST_RULES && !rules.some((one) => one.name === name)) return `there are ${MOST_RULES} rules`;
    store.transact(() => {
      // Rules look at what comes after the first of them was written.
      if (!rules.some(({ enabled }) => enabled)) store.alertSources.setProgress(store.alertSources.newest());
      store.alertRules.setRule(name, rule, act);
      store.audit.add(act, 'alert-rule.set', name, { condition: rule.condition.kind, enabled: rule.enabled });
    });
    engine.changed();
    return undefined;
  }

  removeRule(name: string, act: Act): boolean {
    const { store, engine } = this.#options;
    const isRemoved = store.transact(() => {
      const removed = store.alertRules.removeRule(name);
      if (removed) store.audit.add(act, 'alert-rule.remove', name);
      return removed;
    });
    engine.changed();
    return isRemoved;
  }

  /** Without `secret` the one that there is stays, unless the kind or the receiver changes. */
  setChannel(name: string, { secret, ...body }: NewChannel, act: Act): string | undefined {
    const { store, outbox, secrets } = this.#options;
    const before = store.alertRules.channel(name);
    if (!before && store.alertRules.channelViews().length >= MOST_CHANNELS)
      return `there are ${MOST_CHANNELS} channels`;
    // A secret must not be sent to another receiver by whoever does not know it.
    const isSame = before && before.kind === body.kind && before.url === body.url && before.host === body.host;
    const kept = isSame ? before.sealed : undefined;
    const sealed = secret === undefined ? kept : secrets.seal(name, secret);
    store.transact(() => {
      store.alertRules.setChannel(name, body, sealed, act);
      store.audit.add(act, 'alert-channel.set', name, { kind: body.kind, secret: secret !== undefined });
    });
    outbox.wake();
    return undefined;
  }

  /** @returns rules that name it, which keep it; undefined: there is no such channel */
  removeChannel(name: string, act: Act): readonly string[] | undefined {
    const { store } = this.#options;
    if (!store.alertRules.channel(name)) return undefined;
    const names = ({ channels, steps }: NewAlertRule) => [channels, ...steps.map((step) => step.channels)].flat();
    const used = store.alertRules.rules().flatMap((rule) => (names(rule).includes(name) ? [rule.name] : []));
    if (used.length > 0) return used;
    store.transact(() => {
      store.alertRules.removeChannel(name);
      store.audit.add(act, 'alert-channel.remove', name);
    });
    return [];
  }

  /** Sends a test now, beside the outbox. Undefined: there is no such channel. */
  async test(name: string, act: Act): Promise<ChannelTest | undefined> {
    const { store, sender, clock } = this.#options;
    const channel = store.alertRules.channel(name);
    if (!channel) return undefined;
    store.transact(() => store.audit.add(act, 'alert-channel.test', name));
    const begun = clock.mono();
    const failure = await sender.send(channel, {
      id: randomUUID(),
      at: isoTime(act.at),
      rule: 'test',
      severity: 'info',
      state: 'firing',
      title: `Test of channel ${name}`,
      text: `${act.actor} pressed "test" on the Vedette hub. Nothing is wrong.`,
      ...{ firing: 0, resolved: 0, devices: 0, alerts: [], test: true },
    });
    const ms = Math.round(clock.mono() - begun);
    return failure ? { ok: false, ms, reason: failure.reason } : { ok: true, ms };
  }

  addSilence(body: NewSilence, act: Act): Silence {
    const { store, engine } = this.#options;
    const made = store.transact(() => {
      const silence = store.alertRules.addSilence(body, act);
      store.audit.add(act, 'alert-silence.add', silence.id, { comment: body.comment, endsAt: body.endsAt });
      return silence;
    });
    engine.changed();
    return this.#viewOf(made);
  }

  removeSilence(id: number, act: Act): boolean {
    const { store, engine } = this.#options;
    const isRemoved = store.transact(() => {
      const removed = store.alertRules.removeSilence(id);
      if (removed) store.audit.add(act, 'alert-silence.remove', String(id));
      return removed;
    });
    engine.changed();
    return isRemoved;
  }

  /** Newest first. */
  silences(filter: { before?: number | undefined; limit: number }): Silence[] {
    return this.#options.store.alertRules.silences(filter).map((one) => this.#viewOf(one));
  }

  get(id: number): Alert | undefined {
    const found = this.#options.store.alerts.get(id);
    return found && toView(found, found.resolvedAt === undefined && this.silencedNow()(found));
  }

  #viewOf(silence: StoredSilence): Silence {
    const { clock, hours } = this.#options;
    return { ...silence, active: isActive(silence, clock.wall(), hours) };
  }

  /** For a list of alerts: is one of them silent now? */
  silencedNow(): (alert: StoredAlert) => boolean {
    const { store, clock, hours } = this.#options;
    const now = clock.wall();
    const silences = store.alertRules.openSilences(now);
    return ({ rule, device }) =>
      silences.length > 0 &&
      silentUntil(silences, rule, { id: device, labels: store.devices.labels(device) }, now, hours) !== undefined;
  }
}
