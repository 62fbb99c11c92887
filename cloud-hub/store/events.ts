/** Lists of events, newest first by receipt. */
import type { EventRecord } from '../../shared/contract/messages/record.ts';
import type { Event } from '../api/schemas/api.ts';
import type { HubDatabase } from './database.ts';
import { fewInTime, type ListFilter, newestFirst } from './lists.ts';
import type { StoredRecord } from './records.ts';
import { indexText, isoTime, modelText } from './rows.ts';

export interface EventFilter extends ListFilter {
  readonly rule?: string | undefined;
  readonly label?: string | undefined;
}

export type EventStore = ReturnType<typeof createEventStore>;

export function createEventStore(database: HubDatabase) {
  const { query } = database;
  return {
    async list(filter: EventFilter): Promise<Event[]> {
      let select = newestFirst(
        query.selectFrom('events').selectAll(),
        filter,
        await fewInTime(query, 'events', filter),
      );
      if (filter.rule !== undefined) select = select.where('rule', '=', filter.rule);
      if (filter.label !== undefined) select = select.where('label', '=', indexText(filter.label));
      return (await select.execute()).map(fromRow);
    },

    async get(id: number): Promise<Event | undefined> {
      const row = await query.selectFrom('events').selectAll().where('id', '=', id).executeTakeFirst();
      return row && fromRow(row);
    },
  };
}

/** What the API and the live feed say of an event just stored. */
export function eventOf(item: StoredRecord, record: EventRecord): Event {
  return describe({ ...item, pictured: item.picture !== undefined }, record);
}

interface EventRow {
  readonly id: number;
  readonly device: string;
  readonly received_at: number;
  readonly backfill: number;
  readonly body: string;
  readonly has_snapshot: number;
}

function fromRow(row: EventRow): Event {
  // The body passed its schema before it was stored.
  const { id, device, received_at: receivedAt, has_snapshot, backfill } = row;
  const about = { id, device, receivedAt, pictured: has_snapshot === 1, backfill: backfill === 1 };
  return describe(about, JSON.parse(row.body) as EventRecord);
}

type About = Pick<StoredRecord, 'id' | 'device' | 'receivedAt' | 'backfill'> & { readonly pictured: boolean };

function describe({ id, device, receivedAt, pictured, backfill }: About, record: EventRecord): Event {
  return {
    id: String(id),
    device,
    stream: record.stream,
    rule: record.rule,
    ruleKind: record.ruleKind,
    action: record.action,
    label: record.label,
    score: record.score,
    ...(record.track === undefined ? {} : { track: record.track }),
    ...(record.box === undefined ? {} : { box: record.box }),
    ...(record.count === undefined ? {} : { count: record.count }),
    ...(record.value === undefined ? {} : { value: record.value }),
    ...(record.threshold === undefined ? {} : { threshold: record.threshold }),
    ptsMs: record.ptsMs,
    at: isoTime(record.wall),
    receivedAt: isoTime(receivedAt),
    clock: record.clock,
    ...(record.model === undefined ? {} : { model: modelText(record.model) }),
    ...(backfill ? { backfill: true as const } : {}),
    ...(pictured ? { snapshot: String(id) } : {}),
  };
}
