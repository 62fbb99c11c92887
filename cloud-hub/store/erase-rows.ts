/**
 * Erases rows that an order covers, in steps: each is part of a transaction, looks at a bounded number of rows, and says where the
 * next one goes on. What is deleted is overwritten (`secure_delete`), and `scrub` empties the WAL.
 *
 * What is covered: rows of the device (and stream) whose time lies within; those of a clock that was `wrong` too, whatever they say.
 */

import { isChunked } from './chunks/chunk-rows.ts';
import { createChunkRewriter } from './chunks/rewrite-chunks.ts';
import type { Db } from './database.ts';
import { eraseRowsOf, type RowOrder, timesOf } from './erase-covered.ts';
import { createIdFloors } from './id-floors.ts';
import { statementsOf } from './statement.ts';

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

export function createEraseRows(db: Db) {
  const floors = createIdFloors(db);
  const prepare = statementsOf(db);
  const covered = eraseRowsOf(db);
  const { idsOf: ids, jsonText, jsonElements } = db.dialect;
  const deleted = (table: string) => prepare(`DELETE FROM ${table} WHERE id IN ${ids}`);
  const ofTable = new Map(
    ['events', 'problems', 'records'].map((table) => {
      return [table, deleted(table)];
    }),
  );
  const countPictures = prepare(`SELECT count(*) AS n FROM snapshots WHERE event_id IN ${ids}`);
  const removePictures = prepare(`DELETE FROM snapshots WHERE event_id IN ${ids}`);
  const unpicture = prepare(`UPDATE events SET has_snapshot = 0 WHERE id IN ${ids}`);
  const removeOpinions = deleted('opinions');
  const removeSamples = prepare(`DELETE FROM sample_pictures WHERE opinion_id IN ${ids}`);
  const opinionsOfEvents = prepare(
    `DELETE FROM opinions WHERE id IN (SELECT o.id FROM events
       JOIN opinions o ON o.device = events.device AND o.sample = events.sample WHERE events.id IN ${ids})`,
  );
  const samplesOfEvents = prepare(
    `DELETE FROM sample_pictures WHERE opinion_id IN (SELECT o.id FROM events
       JOIN opinions o ON o.device = events.device AND o.sample = events.sample WHERE events.id IN ${ids})`,
  );
  const unalert = prepare(`UPDATE alerts SET text = '${ERASED_TEXT}', event_id = NULL WHERE event_id IN ${ids}`);
  const untell = prepare(
    `DELETE FROM alert_deliveries WHERE EXISTS (SELECT 1 FROM ${jsonElements('a', 'body', 'alerts')}
       WHERE CAST(${jsonText('a.value', 'event')} AS bigint) IN ${ids})`,
  );
  const silenceAlerts = prepare(
    `UPDATE alerts SET text = '${ERASED_TEXT}', event_id = NULL WHERE device = $device AND text <> '${ERASED_TEXT}'
       AND ((CAST($stream AS text) IS NULL AND subject <> '') OR subject = $stream) AND since >= $from AND since < $before`,
  );
  const untellOf = prepare(
    `DELETE FROM alert_deliveries WHERE EXISTS (SELECT 1 FROM ${jsonElements('a', 'body', 'alerts')}
       WHERE ${jsonText('a.value', 'device')} = $device
         AND ((CAST($stream AS text) IS NULL AND ${jsonText('a.value', 'subject')} <> '') OR ${jsonText('a.value', 'subject')} = $stream)
         AND ${jsonText('a.value', 'since')} >= $fromText AND ${jsonText('a.value', 'since')} < $beforeText)`,
  );
  const removeRefused = deleted('quarantine');
  const recount = prepare(
    `UPDATE quarantine_totals SET entries = (SELECT count(*) FROM quarantine WHERE device = $device),
       bytes = (SELECT coalesce(sum(length(payload)), 0) FROM quarantine WHERE device = $device) WHERE device = $device`,
  );

  const records = async (table: string, order: RowOrder, from: number): Promise<ErasedStep> => {
    const { ids, after } = await covered.records(table, order, from);
    if (ids.length === 0) return { after };
    const list = JSON.stringify(ids);
    let alerts = 0;
    let opinions = 0;
    const pictures = table === 'events' ? ((await countPictures.get(list)) as { n: number }).n : 0;
    if (table === 'events' && order.pictures) {
      opinions = (await samplesOfEvents.run(list)).changes;
      await removePictures.run(list);
      if (pictures > 0) await unpicture.run(list);
      return { pictures, opinions, after };
    }
    if (table === 'events') {
      opinions = (await opinionsOfEvents.run(list)).changes;
      alerts = (await unalert.run(list)).changes + (await untell.run(list)).changes;
    }
    const remove = ofTable.get(table);
    if (!remove) throw new Error(`${table} has no records`);
    await floors.keep(table);
    return { records: (await remove.run(list)).changes, pictures, opinions, alerts, after };
  };

  return {
    /** Part of a transaction. @param from id after which it looks; 0 at first */
    async step(place: ErasePlace, order: RowOrder, from: number): Promise<ErasedStep> {
      if (place === 'opinions') {
        const { ids, after } = await covered.opinions(order, from);
        const list = JSON.stringify(ids);
        const { changes } = order.pictures ? await removeSamples.run(list) : await removeOpinions.run(list);
        return { opinions: changes, after };
      }
      if (place === 'alerts') {
        const { device, stream = null, from: since = 0, before } = order;
        const textOf = (ms: number) => new Date(Math.min(ms, 8.64e15)).toISOString();
        const [fromText, beforeText] = [textOf(since), textOf(before)];
        const changes = (await silenceAlerts.run({ device, stream, from: since, before })).changes;
        return {
          alerts: changes + (await untellOf.run({ device, stream, fromText, beforeText })).changes,
          after: undefined,
        };
      }
      if (place === 'quarantine') {
        const ids = await covered.refused(order);
        const refused = (await removeRefused.run(JSON.stringify(ids))).changes;
        if (refused > 0) await recount.run({ device: order.device });
        return { refused, after: undefined };
      }
      if (isChunked(place)) {
        const { device, stream = null } = order;
        const { records, after } = await createChunkRewriter(db, place).erase(
          { device, stream, ...timesOf(order) },
          from,
        );
        return { records, after };
      }
      return records(place, order, from);
    },
  };
}
