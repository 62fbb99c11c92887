/**
 * Erases rows that an order covers, in steps: each is part of a transaction, looks at a bounded number of rows, and says where the
 * next one goes on. What is deleted is overwritten (`secure_delete`), and `scrub` empties the WAL.
 *
 * What is covered: rows of the device (and stream) whose time lies within; those of a clock that was `wrong` too, whatever they say.
 */

import type { HubDatabase } from './database.ts';
import { eraseRowsOf, type RowOrder } from './erase-covered.ts';
import type { IdFloors } from './id-floors.ts';

export type { RowOrder } from './erase-covered.ts';

/** What a step has erased, and the id after which the next one looks; undefined: there is no next one. */
export interface ErasedStep {
  readonly records?: number;
  readonly pictures?: number;
  readonly opinions?: number;
  readonly alerts?: number;
  readonly refused?: number;
  readonly after: number | undefined;
}

export const erasePlaces = [
  'events',
  'summaries',
  'readings',
  'problems',
  'records',
  'opinions',
  'alerts',
  'quarantine',
] as const;
export type ErasePlace = (typeof erasePlaces)[number];

/** Where only pictures go. */
export const picturePlaces: readonly ErasePlace[] = ['events', 'opinions', 'quarantine'];

const ERASED_TEXT = 'erased on request';

export type EraseRows = ReturnType<typeof createEraseRows>;

export function createEraseRows(database: HubDatabase, floors: IdFloors) {
  const { prepare } = database;
  const covered = eraseRowsOf(database);
  const deleted = (table: string) => prepare(`DELETE FROM ${table} WHERE id IN (SELECT value FROM json_each(?))`);
  const highest = (table: string) => prepare(`SELECT coalesce(max(id), 0) AS id FROM ${table}`);
  const ofTable = new Map(
    ['events', 'summaries', 'readings', 'problems', 'records'].map((table) => {
      const top = highest(table);
      return [table, { remove: deleted(table), highest: () => (top.get() as { id: number }).id }];
    }),
  );
  const countPictures = prepare(
    'SELECT count(*) AS n FROM snapshots WHERE event_id IN (SELECT value FROM json_each(?))',
  );
  const removePictures = prepare('DELETE FROM snapshots WHERE event_id IN (SELECT value FROM json_each(?))');
  const unpicture = prepare('UPDATE events SET has_snapshot = 0 WHERE id IN (SELECT value FROM json_each(?))');
  const removeOpinions = deleted('opinions');
  const removeSamples = prepare('DELETE FROM sample_pictures WHERE opinion_id IN (SELECT value FROM json_each(?))');
  const opinionsOfEvents = prepare(
    `DELETE FROM opinions WHERE id IN (SELECT o.id FROM json_each(?) e JOIN events ON events.id = e.value
       JOIN opinions o ON o.device = events.device AND o.sample = events.sample)`,
  );
  const samplesOfEvents = prepare(
    `DELETE FROM sample_pictures WHERE opinion_id IN (SELECT o.id FROM json_each(?) e JOIN events ON events.id = e.value
       JOIN opinions o ON o.device = events.device AND o.sample = events.sample)`,
  );
  const unalert = prepare(
    `UPDATE alerts SET text = '${ERASED_TEXT}', event_id = NULL WHERE event_id IN (SELECT value FROM json_each(?))`,
  );
  const untell = prepare(
    `DELETE FROM alert_deliveries WHERE EXISTS (SELECT 1 FROM json_each(body, '$.alerts') a
       WHERE CAST(json_extract(a.value, '$.event') AS INTEGER) IN (SELECT value FROM json_each(?)))`,
  );
  const silenceAlerts = prepare(
    `UPDATE alerts SET text = '${ERASED_TEXT}', event_id = NULL WHERE device = $device AND text <> '${ERASED_TEXT}'
       AND (($stream IS NULL AND subject <> '') OR subject = $stream) AND since >= $from AND since < $before`,
  );
  const untellOf = prepare(
    `DELETE FROM alert_deliveries WHERE EXISTS (SELECT 1 FROM json_each(body, '$.alerts') a
       WHERE json_extract(a.value, '$.device') = $device
         AND (($stream IS NULL AND json_extract(a.value, '$.subject') <> '') OR json_extract(a.value, '$.subject') = $stream)
         AND json_extract(a.value, '$.since') >= $fromText AND json_extract(a.value, '$.since') < $beforeText)`,
  );
  const removeRefused = deleted('quarantine');
  const recount = prepare(
    `UPDATE quarantine_totals SET entries = (SELECT count(*) FROM quarantine WHERE device = $device),
       bytes = (SELECT coalesce(sum(length(payload)), 0) FROM quarantine WHERE device = $device) WHERE device = $device`,
  );

  const records = (table: string, order: RowOrder, from: number): ErasedStep => {
    const { ids, after } = covered.records(table, order, from);
    if (ids.length === 0) return { after };
    const list = JSON.stringify(ids);
    let alerts = 0;
    let opinions = 0;
    const pictures = table === 'events' ? (countPictures.get(list) as { n: number }).n : 0;
    if (table === 'events' && order.pictures) {
      opinions = samplesOfEvents.run(list).changes;
      removePictures.run(list);
      if (pictures > 0) unpicture.run(list);
      return { pictures, opinions, after };
    }
    if (table === 'events') {
      opinions = opinionsOfEvents.run(list).changes;
      alerts = unalert.run(list).changes + untell.run(list).changes;
    }
    const statements = ofTable.get(table);
    if (!statements) throw new Error(`${table} has no records`);
    floors.keep(table, statements.highest());
    return { records: statements.remove.run(list).changes, pictures, opinions, alerts, after };
  };

  return {
    /** Part of a transaction. @param from id after which it looks; 0 at first */
    step(place: ErasePlace, order: RowOrder, from: number): ErasedStep {
      if (place === 'opinions') {
        const { ids, after } = covered.opinions(order, from);
        const list = JSON.stringify(ids);
        const { changes } = order.pictures ? removeSamples.run(list) : removeOpinions.run(list);
        return { opinions: changes, after };
      }
      if (place === 'alerts') {
        const { device, stream = null, from: since = 0, before } = order;
        const [fromText, beforeText] = [since, before].map((ms) => new Date(Math.min(ms, 8.64e15)).toISOString());
        const changes = silenceAlerts.run({ device, stream, from: since, before }).changes;
        return { alerts: changes + untellOf.run({ device, stream, fromText, beforeText }).changes, after: undefined };
      }
      if (place === 'quarantine') {
        const ids = covered.refused(order);
        const refused = removeRefused.run(JSON.stringify(ids)).changes;
        if (refused > 0) recount.run({ device: order.device });
        return { refused, after: undefined };
      }
      return records(place, order, from);
    },

    /** After the last step, outside of a transaction. @throws Error while somebody reads the database; then it has to be called again */
    scrub(): void {
      database.emptyWal();
    },
  };
}
