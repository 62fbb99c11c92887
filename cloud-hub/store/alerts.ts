/** Alerts that fire and that fired. All changes are parts of a transaction. */
import type { Alert } from '../contract/alert.ts';
import type { Scope } from '../contract/identity.ts';
import type { Db } from './database.ts';
import { isOfScope } from './lists.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

/** Times in milliseconds since 1970. */
export interface StoredAlert {
  readonly id: number;
  readonly rule: string;
  readonly device: string;
  /** A stream, mostly; empty: the device. */
  readonly subject: string;
  readonly severity: Alert['severity'];
  readonly since: number;
  readonly firedAt: number;
  readonly changedAt: number;
  readonly resolvedAt: number | undefined;
  readonly text: string;
  readonly count: number;
  readonly event: number | undefined;
  readonly isNotified: boolean;
  /** Somebody takes care of it. */
  readonly acknowledged: { readonly at: number; readonly by: string } | undefined;
  /** So many steps of escalation were told. */
  readonly steps: number;
}

/** Of a rule: alerts that nobody has acknowledged, after so many steps. */
export interface Unacknowledged {
  readonly steps: number;
  /** When the oldest of them was told. */
  readonly since: number;
}

export interface AlertFilter {
  /** Only of devices that have these labels now. */
  readonly scope?: Scope | undefined;
  readonly state?: Alert['state'] | undefined;
  readonly rule?: string | undefined;
  readonly device?: string | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

export type AlertStore = ReturnType<typeof createAlertStore>;

export function createAlertStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const fire = prepare(
    `INSERT INTO alerts (rule, device, subject, severity, since, fired_at, changed_at, text, count, event_id, untold, told)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 0) RETURNING id`,
  ).pluck();
  const again = prepare(
    'UPDATE alerts SET changed_at = ?, text = ?, count = count + ?, event_id = coalesce(?, event_id), untold = ? WHERE id = ?',
  );
  // An alert that nobody was notified of needs no notification of its end, unless something of it is still pending.
  const resolve = prepare(
    'UPDATE alerts SET resolved_at = ?, changed_at = ?, untold = CASE WHEN told = 1 AND ? = 1 THEN 1 WHEN ? = 1 THEN untold ELSE 0 END WHERE id = ?',
  );
  const open = prepare('SELECT * FROM alerts WHERE resolved_at IS NULL');
  const pendingRules = prepare('SELECT rule, min(changed_at) AS since FROM alerts WHERE untold = 1 GROUP BY rule');
  const pending = prepare('SELECT * FROM alerts WHERE untold = 1 AND rule = ? AND id > ? ORDER BY id');
  const markNotified = prepare('UPDATE alerts SET untold = 0, told = 1, told_at = coalesce(told_at, ?) WHERE id = ?');
  const remind = prepare(
    'UPDATE alerts SET untold = 1 WHERE resolved_at IS NULL AND rule = ? AND told = 1 AND acknowledged_at IS NULL',
  );
  const nobodyYet = 'resolved_at IS NULL AND rule = ? AND told = 1 AND acknowledged_at IS NULL';
  const unacknowledged = prepare(
    `SELECT steps, min(told_at) AS since FROM alerts WHERE ${nobodyYet} AND steps < ? GROUP BY steps`,
  );
  const escalating = prepare(
    `SELECT * FROM alerts WHERE ${nobodyYet} AND steps = ? AND coalesce(told_at, fired_at) <= ? ORDER BY id`,
  );
  const escalated = prepare('UPDATE alerts SET steps = ? WHERE id = ?');
  const acknowledge = prepare(
    'UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ? AND resolved_at IS NULL AND acknowledged_at IS NULL',
  );
  const acknowledgeOfRule = prepare(
    `UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?
       WHERE rule = ? AND fired_at <= ? AND resolved_at IS NULL AND acknowledged_at IS NULL`,
  );
  const byId = prepare('SELECT * FROM alerts WHERE id = ?');
  const expire = prepare(
    'DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE resolved_at < ? AND untold = 0 LIMIT ?)',
  );

  return {
    async fire(
      alert: Omit<StoredAlert, 'id' | 'resolvedAt' | 'isNotified' | 'acknowledged' | 'steps'>,
    ): Promise<number> {
      const { rule, device, subject, severity, since, firedAt, changedAt, text, count, event } = alert;
      const made = await fire.get(
        rule,
        device,
        subject,
        severity,
        since,
        firedAt,
        changedAt,
        text,
        count,
        event ?? null,
      );
      return made as number;
    },
    /** It happened again. */
    again: async (
      id: number,
      news: { at: number; text: string; count: number; event?: number | undefined; notify: boolean },
    ) => {
      await again.run(news.at, news.text, news.count, news.event ?? null, news.notify ? 1 : 0, id);
    },
    /**
     * @param notify send a notification of the end, if one of the begin was sent
     * @param keep what is pending is sent in spite of the end
     */
    resolve: async (id: number, at: number, { notify, keep }: { notify: boolean; keep: boolean }): Promise<void> => {
      await resolve.run(at, at, notify ? 1 : 0, keep ? 1 : 0, id);
    },
    open: async (): Promise<StoredAlert[]> => ((await open.all()) as AlertRow[]).map(toStored),
    /** Rules with pending alerts, and since when. */
    pendingRules: async () => (await pendingRules.all()) as { rule: string; since: number }[],
    /** @param after only later rows than this one */
    pending: async (rule: string, after = 0): Promise<StoredAlert[]> =>
      ((await pending.all(rule, after)) as AlertRow[]).map(toStored),
    notified: async (id: number, at: number): Promise<void> => {
      await markNotified.run(at, id);
    },
    /** Of a rule with so many steps of escalation: who is still to be told, by how many steps were. */
    unacknowledged: async (rule: string, steps: number) => (await unacknowledged.all(rule, steps)) as Unacknowledged[],
    /** Those of them that were told before a time. */
    escalating: async (rule: string, steps: number, toldBefore: number): Promise<StoredAlert[]> =>
      ((await escalating.all(rule, steps, toldBefore)) as AlertRow[]).map(toStored),
    escalated: async (id: number, steps: number): Promise<void> => {
      await escalated.run(steps, id);
    },
    /** Somebody takes care of an alert that fires. @returns false: it is over, or somebody does already */
    acknowledge: async (id: number, at: number, by: string): Promise<boolean> =>
      (await acknowledge.run(at, by, id)).changes === 1,
    /** Of all of a rule that have fired up to a time. @returns how many */
    acknowledgeOfRule: async (rule: string, firedBefore: number, at: number, by: string): Promise<number> =>
      (await acknowledgeOfRule.run(at, by, rule, firedBefore)).changes,
    async get(id: number): Promise<StoredAlert | undefined> {
      const row = (await byId.get(id)) as AlertRow | undefined;
      return row && toStored(row);
    },
    /** What still fires of a rule, and nobody has acknowledged, is notified again. */
    remind: async (rule: string): Promise<number> => (await remind.run(rule)).changes,
    /** Forgets what ended before a time. */
    expire: async (before: number, most: number): Promise<number> => (await expire.run(before, most)).changes,

    /** Newest first. @param isSilenced of an alert that fires */
    async list(
      { state, rule, device, scope, before, limit }: AlertFilter,
      isSilenced: (alert: StoredAlert) => Promise<boolean>,
    ): Promise<Alert[]> {
      let select = query.selectFrom('alerts').selectAll().orderBy('id', 'desc').limit(limit);
      if (state !== undefined) select = select.where('resolved_at', state === 'firing' ? 'is' : 'is not', null);
      if (rule !== undefined) select = select.where('rule', '=', rule);
      if (device !== undefined) select = select.where('device', '=', device);
      if (scope !== undefined) select = select.where(isOfScope(db, scope));
      if (before !== undefined) select = select.where('id', '<', before);
      const views: Alert[] = [];
      for (const row of await select.execute()) {
        const stored = toStored(row as AlertRow);
        views.push(toView(stored, stored.resolvedAt === undefined && (await isSilenced(stored))));
      }
      return views;
    },
  };
}

interface AlertRow {
  readonly id: number;
  readonly rule: string;
  readonly device: string;
  readonly subject: string;
  readonly severity: Alert['severity'];
  readonly since: number;
  readonly fired_at: number;
  readonly changed_at: number;
  readonly resolved_at: number | null;
  readonly text: string;
  readonly count: number;
  readonly event_id: number | null;
  readonly told: number;
  readonly acknowledged_at: number | null;
  readonly acknowledged_by: string | null;
  readonly steps: number;
}

function toStored(row: AlertRow): StoredAlert {
  const { id, rule, device, subject, severity, since, text, count, steps } = row;
  return {
    ...{ id, rule, device, subject, severity, since, text, count, steps },
    firedAt: row.fired_at,
    changedAt: row.changed_at,
    resolvedAt: row.resolved_at ?? undefined,
    event: row.event_id ?? undefined,
    isNotified: row.told === 1,
    acknowledged: row.acknowledged_at === null ? undefined : { at: row.acknowledged_at, by: row.acknowledged_by ?? '' },
  };
}

export function toView(alert: StoredAlert, silenced: boolean): Alert {
  const { id, rule, severity, device, subject, since, firedAt, changedAt, resolvedAt, text, count, event } = alert;
  return {
    id: String(id),
    ...{ rule, severity, device, subject, text, count, silenced },
    state: resolvedAt === undefined ? 'firing' : 'resolved',
    since: isoTime(since),
    firedAt: isoTime(firedAt),
    changedAt: isoTime(changedAt),
    ...(resolvedAt === undefined ? {} : { resolvedAt: isoTime(resolvedAt) }),
    ...(event === undefined ? {} : { event: String(event) }),
    ...(alert.acknowledged === undefined
      ? {}
      : { acknowledged: { at: isoTime(alert.acknowledged.at), by: alert.acknowledged.by } }),
    ...(alert.steps === 0 ? {} : { steps: alert.steps }),
  };
}
