/** Lists of events, newest first by receipt. */
import { detailsOf } from '../../shared/contract/messages/detail.ts';
import type { EventRecord } from '../../shared/contract/messages/record.ts';
import type { Opinion } from '../../shared/contract/messages/verdict.ts';
import type { CorrectionVerdict } from '../contract/correction.ts';
import type { Event } from '../contract/event.ts';
import { correctionOf } from './corrections.ts';
import type { Db } from './database.ts';
import { holdOf } from './holds.ts';
import { bodyBytes, fewInTime, type ListFilter, newestFirst, type Page, readPage } from './lists.ts';
import { eventOpinionOf, type OpinionBody } from './opinions.ts';
import type { StoredRecord } from './records.ts';
import { indexText, isoTime, modelText } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface EventFilter extends ListFilter {
  readonly rule?: string | undefined;
  readonly label?: string | undefined;
  /** Only those of which a second opinion says so. */
  readonly opinion?: Opinion | undefined;
  /** Only those of which an operator says so. */
  readonly correction?: CorrectionVerdict | undefined;
  /** Only those that are held. */
  readonly held?: 'true' | undefined;
}

export type EventStore = ReturnType<typeof createEventStore>;

export function createEventStore(db: Db) {
  const prepare = statementsOf(db);
  const { query } = db;
  const deviceOf = prepare('SELECT device FROM events WHERE id = ?').pluck();
  const whole = () =>
    query
      .selectFrom('events')
      .leftJoin('opinions', (join) =>
        join.onRef('opinions.device', '=', 'events.device').onRef('opinions.sample', '=', 'events.sample'),
      )
      .leftJoin('corrections', 'corrections.event_id', 'events.id')
      .selectAll('events')
      .select(['opinions.body as opinion_body', 'opinions.outcome', 'opinions.received_at as opinion_at'])
      .select(['corrections.verdict', 'corrections.label as correct_label'])
      .select(['corrections.at as corrected_at', 'corrections.actor'])
      .leftJoin('holds', 'holds.event_id', 'events.id')
      .select(['holds.reason as hold_reason', 'holds.at as held_at', 'holds.actor as held_by']);
  return {
    async list(filter: EventFilter): Promise<Page<Event>> {
      const few = await fewInTime(db, 'events', filter);
      let select = newestFirst(db, query.selectFrom('events').select(['id', bodyBytes]), filter, few);
      if (filter.rule !== undefined) select = select.where('rule', '=', filter.rule);
      if (filter.label !== undefined) select = select.where('label', '=', indexText(filter.label));
      if (filter.opinion !== undefined) {
        const { opinion } = filter;
        select = select.where(({ exists, selectFrom }) =>
          exists(
            selectFrom('opinions')
              .select('opinions.id')
              .whereRef('opinions.device', '=', 'events.device')
              .whereRef('opinions.sample', '=', 'events.sample')
              .where('outcome', '=', opinion),
          ),
        );
      }
      if (filter.correction !== undefined) {
        const { correction } = filter;
        select = select.where('id', 'in', ({ selectFrom }) =>
          selectFrom('corrections').select('event_id').where('verdict', '=', correction),
        );
      }
      if (filter.held !== undefined)
        select = select.where('id', 'in', ({ selectFrom }) => selectFrom('holds').select('event_id'));
      const read = (ids: readonly number[]) =>
        whole().where('events.id', 'in', ids).orderBy('events.id', 'desc').execute();
      return readPage(await select.execute(), filter.limit, read, fromRow);
    },

    /** Whose it is. */
    deviceOf: async (id: number): Promise<string | undefined> => (await deviceOf.get(id)) as string | undefined,

    async get(id: number): Promise<Event | undefined> {
      const row = await whole().where('events.id', '=', id).executeTakeFirst();
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
  readonly opinion_body?: string | null;
  readonly outcome?: Opinion | null;
  readonly opinion_at?: number | null;
  readonly verdict?: CorrectionVerdict | null;
  readonly correct_label?: string | null;
  readonly corrected_at?: number | null;
  readonly actor?: string | null;
  readonly hold_reason?: string | null;
  readonly held_at?: number | null;
  readonly held_by?: string | null;
}

function fromRow(row: EventRow): Event {
  // The body passed its schema before it was stored.
  const { id, device, received_at: receivedAt, has_snapshot, backfill } = row;
  const about = { id, device, receivedAt, pictured: has_snapshot === 1, backfill: backfill === 1 };
  return {
    ...describe(about, JSON.parse(row.body) as EventRecord),
    ...opinionIn(row),
    ...correctionIn(row),
    ...holdIn(row),
  };
}

function opinionIn({ outcome, opinion_body: body, opinion_at: at }: EventRow): Pick<Event, 'opinion'> {
  if (!outcome || !body) return {};
  const { hub } = JSON.parse(body) as OpinionBody;
  return { opinion: eventOpinionOf({ outcome, hub, receivedAt: isoTime(at ?? 0) }) };
}

function correctionIn({ verdict, correct_label: label, corrected_at: at, actor }: EventRow): Pick<Event, 'correction'> {
  if (!verdict) return {};
  return { correction: correctionOf({ verdict, label: label ?? null, at: at ?? 0, actor: actor ?? '' }) };
}

function holdIn({ hold_reason: reason, held_at: at, held_by: actor }: EventRow): Pick<Event, 'hold'> {
  return reason ? { hold: holdOf({ reason, at: at ?? 0, actor: actor ?? '' }) } : {};
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
    ...detailsOf(record),
    ...(record.count === undefined ? {} : { count: record.count }),
    ...(record.value === undefined ? {} : { value: record.value }),
    ...(record.threshold === undefined ? {} : { threshold: record.threshold }),
    ...(record.level === undefined ? {} : { level: record.level }),
    ...(record.peak === undefined ? {} : { peak: record.peak }),
    ...(record.durationMs === undefined ? {} : { durationMs: record.durationMs }),
    ...(record.contributions === undefined ? {} : { contributions: record.contributions }),
    ...(record.values === undefined ? {} : { values: record.values }),
    ...(record.expected === undefined ? {} : { expected: record.expected }),
    ptsMs: record.ptsMs,
    at: isoTime(record.wall),
    receivedAt: isoTime(receivedAt),
    clock: record.clock,
    ...(record.model === undefined ? {} : { model: modelText(record.model) }),
    ...(backfill ? { backfill: true as const } : {}),
    ...(pictured ? { snapshot: String(id) } : {}),
  };
}
