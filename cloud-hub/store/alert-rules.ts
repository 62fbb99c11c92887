/** Rules, channels and silences of alerts: what people wrote. Secrets of channels come sealed, and no list gives them out. */

import type { NewSilence, Silence } from '../contract/alert.ts';
import type { Channel, NewChannel } from '../contract/alert-channel.ts';
import type { AlertRule, NewAlertRule } from '../contract/alert-rule.ts';
import type { Act } from './audit.ts';
import type { HubDatabase } from './database.ts';
import { isoTime } from './rows.ts';

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

export function createAlertRuleStore(database: HubDatabase) {
  const { prepare } = database;
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
    'INSERT INTO alert_silences (body, starts_at, ends_at, created_at, created_by) VALUES (?, ?, ?, ?, ?)',
  );
  const silence = prepare('SELECT * FROM alert_silences WHERE id = ?');
  const silences = prepare('SELECT * FROM alert_silences WHERE id < ? ORDER BY id DESC LIMIT ?');
  const openSilences = prepare('SELECT * FROM alert_silences WHERE ends_at > ? ORDER BY id');
  const removeSilence = prepare('DELETE FROM alert_silences WHERE id = ?');

  return {
    /** All, by name. */
    rules: (): StoredRule[] => (rules.all() as RuleRow[]).map(toRule),
    rule(name: string): StoredRule | undefined {
      const row = rule.get(name) as RuleRow | undefined;
      return row && toRule(row);
    },
    /** All, by name, as people see them. */
    ruleViews(): AlertRule[] {
      const counts = new Map((firing.all() as { rule: string; firing: number }[]).map((row) => [row.rule, row.firing]));
      return (rules.all() as RuleRow[]).map((row) => ({
        ...withDefaults(row.body),
        ...changed(row),
        firing: counts.get(row.name) ?? 0,
      }));
    },
    /** Part of a transaction, as all changes here. */
    setRule: (name: string, body: NewAlertRule, { at, actor }: Act): void =>
      void setRule.run(name, JSON.stringify(body), at, actor),
    removeRule: (name: string): boolean => removeRule.run(name).changes === 1,
    /** Notes that a notification of the rule was made. */
    notified: (name: string, at: number): void => void notified.run(at, name),

    channel(name: string): StoredChannel | undefined {
      const row = channel.get(name) as ChannelRow | undefined;
      if (!row) return undefined;
      return { ...(JSON.parse(row.body) as Omit<NewChannel, 'secret'>), name, sealed: row.secret ?? undefined };
    },
    channelViews: (): Channel[] =>
      (channels.all() as ChannelRow[]).map((row) => ({
        ...(JSON.parse(row.body) as Omit<NewChannel, 'secret'>),
        ...changed(row),
        hasSecret: row.secret !== null,
      })),
    setChannel: (
      name: string,
      body: Omit<NewChannel, 'secret'>,
      sealed: string | undefined,
      { at, actor }: Act,
    ): void => void setChannel.run(name, JSON.stringify(body), sealed ?? null, at, actor),
    removeChannel: (name: string): boolean => removeChannel.run(name).changes === 1,

    addSilence(body: NewSilence, { at, actor }: Act): StoredSilence {
      const start = body.startsAt === undefined ? at : Date.parse(body.startsAt);
      const made = addSilence.run(JSON.stringify(body), start, Date.parse(body.endsAt), at, actor);
      return toSilence(silence.get(made.lastInsertRowid) as SilenceRow);
    },
    /** Newest first. */
    silences: (filter: { before?: number | undefined; limit: number }): StoredSilence[] =>
      (silences.all(filter.before ?? Number.MAX_SAFE_INTEGER, filter.limit) as SilenceRow[]).map(toSilence),
    /** Those that have not ended at a time; some may not have begun. */
    openSilences: (now: number): StoredSilence[] => (openSilences.all(now) as SilenceRow[]).map(toSilence),
    removeSilence: (id: number): boolean => removeSilence.run(id).changes === 1,
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
