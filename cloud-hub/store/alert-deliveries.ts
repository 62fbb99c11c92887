/** The outbox of notifications: one row per notification and channel, in the transaction of the alert's change. */
import type { Delivery, DeliveryState, Notification } from '../contract/alert.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface DueDelivery {
  readonly id: number;
  readonly channel: string;
  /** The browser that it goes to; 0: the channel is none of browsers. */
  readonly target: number;
  readonly notification: Notification;
  readonly tries: number;
  readonly createdAt: number;
}

export interface DeliveryFilter {
  readonly channel?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Most rows that wait for one channel; the oldest make room, and say so. */
const MOST_WAITING = 1000;

export type AlertDeliveryStore = ReturnType<typeof createAlertDeliveryStore>;

export function createAlertDeliveryStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const add = prepare(
    `INSERT INTO alert_deliveries (key, channel, rule, body, state, tries, created_at, next_at, target)
       VALUES (?, ?, ?, ?, 'waiting', 0, ?, ?, ?)`,
  );
  const crowded = prepare(
    `UPDATE alert_deliveries SET state = 'failed', done_at = ?, reason = 'too many wait for this channel'
       WHERE id IN (SELECT id FROM alert_deliveries WHERE channel = ? AND target = ? AND state = 'waiting' ORDER BY id DESC LIMIT 9007199254740991 OFFSET ?)`,
  );
  // The oldest of each channel (of browsers: of each browser): what comes later waits for it.
  const due = prepare(
    `SELECT * FROM alert_deliveries WHERE id IN
       (SELECT min(id) FROM alert_deliveries WHERE state = 'waiting' GROUP BY channel, target) AND next_at <= ?`,
  );
  const nextAt = prepare("SELECT min(next_at) AS at FROM alert_deliveries WHERE state = 'waiting'");
  const settle = prepare(
    'UPDATE alert_deliveries SET state = ?, tries = ?, next_at = ?, done_at = ?, reason = ? WHERE id = ? AND state = ?',
  );
  const expire = prepare(
    `DELETE FROM alert_deliveries WHERE id IN
       (SELECT id FROM alert_deliveries WHERE state != 'waiting' AND done_at < ? LIMIT ?)`,
  );

  return {
    /** Part of a transaction. */
    async add(channel: string, notification: Notification, at: number, target = 0): Promise<void> {
      await add.run(notification.id, channel, notification.rule, JSON.stringify(notification), at, at, target);
      await crowded.run(at, channel, target, MOST_WAITING);
    },
    /** Of each channel the first that waits, if its time has come. */
    due: async (now: number): Promise<DueDelivery[]> =>
      ((await due.all(now)) as DeliveryRow[]).map(({ id, channel, target, body, tries, created_at: createdAt }) => ({
        ...{ id, channel, target, tries, createdAt },
        notification: JSON.parse(body) as Notification,
      })),
    /** When the next one is due; undefined: none waits. */
    nextAt: async (): Promise<number | undefined> => ((await nextAt.get()) as { at: number | null }).at ?? undefined,
    delivered: async (id: number, tries: number, at: number): Promise<void> => {
      await settle.run('delivered', tries, at, at, null, id, 'waiting');
    },
    failed: async (id: number, tries: number, at: number, reason: string): Promise<void> => {
      await settle.run('failed', tries, at, at, reason, id, 'waiting');
    },
    again: async (id: number, tries: number, next: number, reason: string): Promise<void> => {
      await settle.run('waiting', tries, next, null, reason, id, 'waiting');
    },
    /** Forgets what was done before a time. */
    expire: async (before: number, most: number): Promise<number> => (await expire.run(before, most)).changes,

    /** Newest first. */
    async list({ channel, state, before, limit }: DeliveryFilter): Promise<Delivery[]> {
      let select = query.selectFrom('alert_deliveries').selectAll().orderBy('id', 'desc').limit(limit);
      if (channel !== undefined) select = select.where('channel', '=', channel);
      if (state !== undefined) select = select.where('state', '=', state);
      if (before !== undefined) select = select.where('id', '<', before);
      return (await select.execute()).map(toView);
    },
  };
}

interface DeliveryRow {
  readonly id: number;
  readonly key: string;
  readonly channel: string;
  readonly target: number;
  readonly rule: string;
  readonly body: string;
  readonly state: DeliveryState;
  readonly tries: number;
  readonly created_at: number;
  readonly next_at: number;
  readonly done_at: number | null;
  readonly reason: string | null;
}

function toView(row: DeliveryRow): Delivery {
  const { id, key, channel, rule, state, tries } = row;
  return {
    id: String(id),
    ...{ key, channel, rule, state, tries },
    ...(row.target === 0 ? {} : { browser: String(row.target) }),
    title: (JSON.parse(row.body) as Notification).title,
    createdAt: isoTime(row.created_at),
    ...(state === 'waiting' ? { nextAt: isoTime(row.next_at) } : {}),
    ...(row.done_at === null ? {} : { doneAt: isoTime(row.done_at) }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}
