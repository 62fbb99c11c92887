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
import type { HubStore, Parts } from '../store/store.ts';
import type { AlertEngine } from './engine.ts';
import type { Hours } from './hours.ts';
import type { AlertOutbox } from './outbox.ts';
import type { Secrets } from './secrets.ts';
import type { Sender } from './sender.ts';
import { isActive, silentUntil } from './silences.ts';

export interface AlertsOptions {
  readonly store: Pick<
    HubStore,
    'alerts' | 'alertRules' | 'alertSources' | 'audit' | 'devices' | 'transact' | 'transactAlone'
  >;
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
  async setRule(name: string, rule: NewAlertRule, act: Act): Promise<string | undefined> {
    const { store, engine } = this.#options;
    const named = [...rule.channels, ...rule.steps.flatMap(({ channels }) => channels)];
    const set = async (tx: Parts): Promise<string | undefined> => {
      for (const one of named) if (!(await tx.alertRules.channel(one))) return `there is no channel "${one}"`;
      const rules = await tx.alertRules.rules();
      if (rules.length >= MOST_RULES && !rules.some((one) => one.name === name)) return `there are ${MOST_RULES} rules`;
      // Rules look at what comes after the first of them was written.
      if (!rules.some(({ enabled }) => enabled)) await tx.alertSources.setProgress(await tx.alertSources.newest());
      await tx.alertRules.setRule(name, rule, act);
      await tx.audit.add(act, 'alert-rule.set', name, { condition: rule.condition.kind, enabled: rule.enabled });
      return undefined;
    };
    // The newest row is the newest of all: none with a smaller number commits later.
    const refusal = await store.transactAlone(set, act.guard);
    if (refusal === undefined) await engine.changed();
    return refusal;
  }

  async removeRule(name: string, act: Act): Promise<boolean> {
    const { store, engine } = this.#options;
    const isRemoved = await store.transact(async (tx) => {
      const removed = await tx.alertRules.removeRule(name);
      if (removed) await tx.audit.add(act, 'alert-rule.remove', name);
      return removed;
    }, act.guard);
    await engine.changed();
    return isRemoved;
  }

  /** Without `secret` the one that there is stays, unless the kind or the receiver changes. */
  async setChannel(name: string, { secret, ...body }: NewChannel, act: Act): Promise<string | undefined> {
    const { store, outbox, secrets } = this.#options;
    const refusal = await store.transact(async (tx) => {
      const before = await tx.alertRules.channel(name);
      if (!before && (await tx.alertRules.channelViews()).length >= MOST_CHANNELS)
        return `there are ${MOST_CHANNELS} channels`;
      // A secret must not be sent to another receiver by whoever does not know it.
      const isSame = before && before.kind === body.kind && before.url === body.url && before.host === body.host;
      const kept = isSame ? before.sealed : undefined;
      const sealed = secret === undefined ? kept : secrets.seal(name, secret);
      await tx.alertRules.setChannel(name, body, sealed, act);
      await tx.audit.add(act, 'alert-channel.set', name, { kind: body.kind, secret: secret !== undefined });
      return undefined;
    }, act.guard);
    outbox.wake();
    return refusal;
  }

  /** @returns rules that name it, which keep it; undefined: there is no such channel */
  async removeChannel(name: string, act: Act): Promise<readonly string[] | undefined> {
    const names = ({ channels, steps }: NewAlertRule) => [channels, ...steps.map((step) => step.channels)].flat();
    return this.#options.store.transact(async (tx) => {
      if (!(await tx.alertRules.channel(name))) return undefined;
      const used = (await tx.alertRules.rules()).flatMap((rule) => (names(rule).includes(name) ? [rule.name] : []));
      if (used.length > 0) return used;
      await tx.alertRules.removeChannel(name);
      await tx.audit.add(act, 'alert-channel.remove', name);
      return [];
    }, act.guard);
  }

  /** Sends a test now, beside the outbox. Undefined: there is no such channel. */
  async test(name: string, act: Act): Promise<ChannelTest | undefined> {
    const { store, sender, clock } = this.#options;
    const channel = await store.alertRules.channel(name);
    if (!channel) return undefined;
    await store.transact(async (tx) => tx.audit.add(act, 'alert-channel.test', name));
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

  async addSilence(body: NewSilence, act: Act): Promise<Silence> {
    const { store, engine } = this.#options;
    const made = await store.transact(async (tx) => {
      const silence = await tx.alertRules.addSilence(body, act);
      await tx.audit.add(act, 'alert-silence.add', silence.id, { comment: body.comment, endsAt: body.endsAt });
      return silence;
    });
    await engine.changed();
    return this.#viewOf(made);
  }

  async removeSilence(id: number, act: Act): Promise<boolean> {
    const { store, engine } = this.#options;
    const isRemoved = await store.transact(async (tx) => {
      const removed = await tx.alertRules.removeSilence(id);
      if (removed) await tx.audit.add(act, 'alert-silence.remove', String(id));
      return removed;
    });
    await engine.changed();
    return isRemoved;
  }

  /** Newest first. */
  async silences(filter: { before?: number | undefined; limit: number }): Promise<Silence[]> {
    return (await this.#options.store.alertRules.silences(filter)).map((one) => this.#viewOf(one));
  }

  async get(id: number): Promise<Alert | undefined> {
    const found = await this.#options.store.alerts.get(id);
    return found && toView(found, found.resolvedAt === undefined && (await (await this.silencedNow())(found)));
  }

  #viewOf(silence: StoredSilence): Silence {
    const { clock, hours } = this.#options;
    return { ...silence, active: isActive(silence, clock.wall(), hours) };
  }

  /** For a list of alerts: is one of them silent now? */
  async silencedNow(): Promise<(alert: StoredAlert) => Promise<boolean>> {
    const { store, clock, hours } = this.#options;
    const now = clock.wall();
    const silences = await store.alertRules.openSilences(now);
    return async ({ rule, device }) =>
      silences.length > 0 &&
      silentUntil(silences, rule, { id: device, labels: await store.devices.labels(device) }, now, hours) !== undefined;
  }
}
