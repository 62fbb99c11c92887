/** Rules, channels and silences of alerts: what people wrote. Secrets of channels come sealed, and no list gives them out. */

import type { NewSilence, Silence } from '../contract/alert.ts';
import type { Channel, NewChannel } from '../contract/alert-channel.ts';
import type { AlertRule, NewAlertRule } from '../contract/alert-rule.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface StoredRule extends NewAlertRule {
  readonly name: string;
  /** Milliseconds since 1970; `notifiedAt`: of its last notification, 0 before the first. */
  readonly changedAt: number;
  readonly notifiedAt: number;
}

/** A silence as it is stored: whether it is active is a question of the time. */
export type StoredSilence = Omit<Silence, 'active'>;

/** A channel as it is stored: all but the secret, and the secret sealed. */
export interface StoredChannel extends Omit<NewChannel, 'secret'> {
  readonly name: string;
  readonly sealed: string | undefined;
}

interface ChangedRow {
  readonly name: string;
  readonly body: string;
  readonly changed_at: number;
  readonly changed_by: string;
}
type RuleRow = ChangedRow & { readonly told_at: number };
type ChannelRow = ChangedRow & { readonly secret: string | null };

export type AlertRuleStore = ReturnType<typeof createAlertRuleStore>;

export function createAlertRuleStore(db: Db) {
  const prepare = statementsOf(db);
  const rules = prepare('SELECT * FROM alert_rules ORDER BY name');
  const rule = prepare('SELECT * FROM alert_rules WHERE name = ?');
  const setRule = prepare(
    `INSERT INTO alert_rules (name, body, changed_at, changed_by) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at,
         changed_by = excluded.changed_by`,
  );
  const removeRule = prepare('DELETE FROM alert_rules WHERE name = ?');
  const notified = prepare('UPDATE alert_rules SET told_at = ? WHERE name = ?');
  const firing = prepare('SELECT rule, count(*) AS firing FROM alerts WHERE resolved_at IS NULL GROUP BY rule');

  const channels = prepare('SELECT * FROM alert_channels ORDER BY name');
  const channel = prepare('SELECT * FROM alert_channels WHERE name = ?');
  const setChannel = prepare(
    `INSERT INTO alert_channels (name, body, secret, changed_at, changed_by) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET body = excluded.body, secret = excluded.secret,
         changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
  );
  const removeChannel = prepare('DELETE FROM alert_channels WHERE name = ?');

  const addSilence = prepare(
    'INSERT INTO alert_silences (body, starts_at, ends_at, created_at, created_by) VALUES (?, ?, ?, ?, ?) RETURNING *',
  );
  const silences = prepare('SELECT * FROM alert_silences WHERE id < ? ORDER BY id DESC LIMIT ?');
  const openSilences = prepare('SELECT * FROM alert_silences WHERE ends_at > ? ORDER BY id');
  const removeSilence = prepare('DELETE FROM alert_silences WHERE id = ?');

  return {
    /** All, by name. */
    rules: async (): Promise<StoredRule[]> => ((await rules.all()) as RuleRow[]).map(toRule),
    async rule(name: string): Promise<StoredRule | undefined> {
      const row = (await rule.get(name)) as RuleRow | undefined;
      return row && toRule(row);
    },
    /** All, by name, as people see them. */
    async ruleViews(): Promise<AlertRule[]> {
      const counts = new Map(
        ((await firing.all()) as { rule: string; firing: number }[]).map((row) => [row.rule, row.firing]),
      );
      return ((await rules.all()) as RuleRow[]).map((row) => ({
        ...withDefaults(row.body),
        ...changed(row),
        firing: counts.get(row.name) ?? 0,
      }));
    },
    /** Part of a transaction, as all changes here. */
    setRule: async (name: string, body: NewAlertRule, { at, actor }: Act): Promise<void> => {
      await setRule.run(name, JSON.stringify(body), at, actor);
    },
    removeRule: async (name: string): Promise<boolean> => (await removeRule.run(name)).changes === 1,
    /** Notes that a notification of the rule was made. */
    notified: async (name: string, at: number): Promise<void> => {
      await notified.run(at, name);
    },

    async channel(name: string): Promise<StoredChannel | undefined> {
      const row = (await channel.get(name)) as ChannelRow | undefined;
      if (!row) return undefined;
      return { ...(JSON.parse(row.body) as Omit<NewChannel, 'secret'>), name, sealed: row.secret ?? undefined };
    },
    channelViews: async (): Promise<Channel[]> =>
      ((await channels.all()) as ChannelRow[]).map((row) => ({
        ...(JSON.parse(row.body) as Omit<NewChannel, 'secret'>),
        ...changed(row),
        hasSecret: row.secret !== null,
      })),
    setChannel: async (
      name: string,
      body: Omit<NewChannel, 'secret'>,
      sealed: string | undefined,
      { at, actor }: Act,
    ): Promise<void> => {
      await setChannel.run(name, JSON.stringify(body), sealed ?? null, at, actor);
    },
    removeChannel: async (name: string): Promise<boolean> => (await removeChannel.run(name)).changes === 1,

    async addSilence(body: NewSilence, { at, actor }: Act): Promise<StoredSilence> {
      const start = body.startsAt === undefined ? at : Date.parse(body.startsAt);
      return toSilence(
        (await addSilence.get(JSON.stringify(body), start, Date.parse(body.endsAt), at, actor)) as SilenceRow,
      );
    },
    /** Newest first. */
    silences: async (filter: { before?: number | undefined; limit: number }): Promise<StoredSilence[]> =>
      ((await silences.all(filter.before ?? Number.MAX_SAFE_INTEGER, filter.limit)) as SilenceRow[]).map(toSilence),
    /** Those that have not ended at a time; some may not have begun. */
    openSilences: async (now: number): Promise<StoredSilence[]> =>
      ((await openSilences.all(now)) as SilenceRow[]).map(toSilence),
    removeSilence: async (id: number): Promise<boolean> => (await removeSilence.run(id)).changes === 1,
  };
}

interface SilenceRow {
  readonly id: number;
  readonly body: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly created_at: number;
  readonly created_by: string;
}

function changed({ name, changed_at: at, changed_by: changedBy }: ChangedRow) {
  return { name, changedAt: isoTime(at), changedBy };
}

/** It passed its schema before it was stored; an older version wrote no steps. */
function withDefaults(body: string): NewAlertRule {
  const stored = JSON.parse(body) as Omit<NewAlertRule, 'steps'> & Partial<NewAlertRule>;
  return { ...stored, steps: stored.steps ?? [] };
}

function toRule({ name, body, changed_at: changedAt, told_at: notifiedAt }: RuleRow): StoredRule {
  return { ...withDefaults(body), name, changedAt, notifiedAt };
}

function toSilence(row: SilenceRow): StoredSilence {
  const { rules, selector, comment, schedule } = JSON.parse(row.body) as NewSilence;
  return {
    id: String(row.id),
    ...(rules ? { rules } : {}),
    selector,
    startsAt: isoTime(row.starts_at),
    endsAt: isoTime(row.ends_at),
    ...(schedule ? { schedule } : {}),
    comment,
    createdAt: isoTime(row.created_at),
    createdBy: row.created_by,
  };
}
