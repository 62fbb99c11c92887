/**
 * Holds on events: at most one per event. Invariants: 1. An event that is held is removed by nothing: retention passes it by, orders to
 * erase that cover it are refused, and the database refuses the rest. 2. No event that an open order to erase covers is held anew.
 */
import type { Hold, NewHold } from '../contract/hold.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import type { RowOrder } from './erase-covered.ts';
import { isoTime, timeColumn } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface HoldRow {
  readonly reason: string;
  readonly at: number;
  readonly actor: string;
}

export type HoldStore = ReturnType<typeof createHoldStore>;

export function createHoldStore(db: Db) {
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO holds (event_id, reason, at, actor) SELECT id, ?, ?, ? FROM events WHERE id = ?
       ON CONFLICT (event_id) DO UPDATE SET reason = excluded.reason, at = excluded.at, actor = excluded.actor`,
  );
  const remove = prepare('DELETE FROM holds WHERE event_id = ?');
  const byEvent = prepare('SELECT reason, at, actor FROM holds WHERE event_id = ?');
  // As erase-covered.ts: a clock that was wrong says nothing of the time.
  const isCovered = `events.device = $device AND (CAST($stream AS text) IS NULL OR events.stream = $stream)
    AND ((events.at >= $from AND events.at < $before)
      OR coalesce(${db.dialect.jsonText('events.body', 'clock')}, '') = 'wrong')`;
  const covered = prepare(
    `SELECT event_id FROM holds JOIN events ON events.id = holds.event_id WHERE ${isCovered} ORDER BY event_id LIMIT $limit`,
  ).pluck();
  const covers = prepare(`SELECT 1 FROM events WHERE events.id = $event AND ${isCovered}`);
  const boundsOf = ({ device, stream, from, before }: RowOrder) => ({
    device,
    stream: stream ?? null,
    from: timeColumn(from ?? 0),
    before: timeColumn(before),
  });

  return {
    /** Replaces a hold that is there. Part of a transaction. @returns false: there is no such event */
    set: async (event: number, { reason }: NewHold, { at, actor }: Act): Promise<boolean> =>
      (await insert.run(reason, at, actor, event)).changes === 1,

    /** Part of a transaction. @returns false: it was not held */
    remove: async (event: number): Promise<boolean> => (await remove.run(event)).changes === 1,

    async get(event: number): Promise<Hold | undefined> {
      const row = (await byEvent.get(event)) as HoldRow | undefined;
      return row && holdOf(row);
    },

    /** Ids of events on hold that an order to erase would take, at most `limit`. */
    covered: async (order: RowOrder, limit: number): Promise<number[]> =>
      (await covered.all({ ...boundsOf(order), limit })) as number[],

    /** Would the order take this event? */
    covers: async (order: RowOrder, event: number): Promise<boolean> =>
      (await covers.get({ ...boundsOf(order), event })) !== undefined,
  };
}

export function holdOf({ reason, at, actor }: HoldRow): Hold {
  return { reason, by: actor, at: isoTime(at) };
}
