/**
 * Second opinions: one verdict per device and sample, for ever the first; and totals per stream, kept in the same transaction.
 * An event finds its verdict by its sample, whichever of the two came first.
 */
import type { Opinion as Outcome } from '../../shared/contract/messages/verdict.ts';
import type { CorrectionVerdict } from '../contract/correction.ts';
import type { Scope } from '../contract/identity.ts';
import type { EventOpinion, Hybrid, Opinion } from '../contract/opinion.ts';
import { newestOf } from './chunks/read-chunks.ts';
import type { Db } from './database.ts';
import { bodyBytes, isOfScope, type Page, readPage } from './lists.ts';
import type { OpinionAgreementTable } from './record-tables.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';
import { wilson } from './wilson.ts';

/** What is stored as JSON. */
export type OpinionBody = Omit<Opinion, 'id' | 'device' | 'stream' | 'sample' | 'receivedAt' | 'outcome'>;

export type Spoken = Opinion & { readonly said?: CorrectionVerdict };

export interface NewOpinion extends OpinionBody {
  readonly device: string;
  readonly stream: string;
  readonly sample: string;
  readonly receivedAt: number;
  readonly outcome: Outcome;
}

/** Frames that chance chose, by the two models that looked at them: name@version. */
export interface ModelAgreement {
  readonly device: string;
  readonly stream: string;
  readonly edgeModel: string;
  readonly hubModel: string;
  readonly same: number;
  readonly n: number;
}

export interface OpinionFilter {
  readonly device?: string | undefined;
  /** Only of devices that have these labels now. */
  readonly scope?: Scope | undefined;
  readonly stream?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/** No box looks at more frames in a millisecond. */
const MOST_PER_MS = 10;

export type OpinionStore = ReturnType<typeof createOpinionStore>;

export function createOpinionStore(db: Db) {
  const prepare = statementsOf(db);
  const { query } = db;
  const insert = prepare(
    `INSERT INTO opinions (device, stream, sample, received_at, outcome, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (device, sample) DO NOTHING RETURNING id`,
  ).pluck();
  const more = (column: string) => `${column} = opinion_totals.${column} + excluded.${column}`;
  const total = prepare(
    `INSERT INTO opinion_totals
       (device, stream, first_at, samples, bytes, hub_ms, confirmed, changed, withdrawn, chance, chance_same)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (device, stream) DO UPDATE SET samples = opinion_totals.samples + 1, ${more('bytes')}, ${more('hub_ms')},
         ${more('confirmed')}, ${more('changed')}, ${more('withdrawn')}, ${more('chance')}, ${more('chance_same')}`,
  );
  const agreement = prepare(
    `INSERT INTO opinion_agreements (device, stream, edge_model, hub_model, frames, same, last_at)
       VALUES (?, ?, ?, ?, 1, ?, ?)
       ON CONFLICT (device, stream, edge_model, hub_model) DO UPDATE SET frames = opinion_agreements.frames + 1,
         same = opinion_agreements.same + excluded.same, last_at = excluded.last_at`,
  );
  const agreements = prepare(
    `SELECT * FROM opinion_agreements WHERE (device, stream) IN
       (SELECT device, stream FROM opinion_agreements WHERE edge_model = ?) ORDER BY last_at DESC`,
  );
  const ofSample = prepare('SELECT * FROM opinions WHERE device = ? AND sample = ?');
  const latest = prepare(
    // Several events may share a sample: the last word on any of them counts.
    `SELECT o.*, c.verdict AS said FROM opinions o LEFT JOIN corrections c ON c.event_id =
         (SELECT l.event_id FROM events e JOIN corrections l ON l.event_id = e.id
            WHERE e.device = o.device AND e.sample = o.sample ORDER BY l.at DESC, l.event_id DESC LIMIT 1)
       WHERE o.device = ? AND o.stream = ? ORDER BY o.id DESC LIMIT ?`,
  );
  const eventsOf = prepare('SELECT id FROM events WHERE device = ? AND sample = ? ORDER BY id').pluck();

  return {
    /** Part of a transaction. @returns its row; undefined: there was one for this sample, which stays */
    async add({ device, stream, sample, receivedAt, outcome, ...body }: NewOpinion): Promise<number | undefined> {
      const made = await insert.get(device, stream, sample, receivedAt, outcome, JSON.stringify(body));
      if (made === undefined) return undefined;
      const counts = (['confirmed', 'changed', 'withdrawn'] as const).map((one) =>
        body.event && outcome === one ? 1 : 0,
      );
      // Events are no fair sample of the frames: those that chance alone chose are.
      const isChance = !body.event && body.chosenBy.includes('random');
      const chance = [isChance ? 1 : 0, isChance && outcome === 'confirmed' ? 1 : 0];
      await total.run(device, stream, receivedAt, body.bytes, body.ms, ...counts, ...chance);
      if (isChance && body.edge.model !== undefined) {
        const models = [withoutVariant(body.edge.model), withoutVariant(body.hub.model)];
        await agreement.run(device, stream, ...models, outcome === 'confirmed' ? 1 : 0, receivedAt);
      }
      return made as number;
    },

    /** Of all streams in which this model was asked about: what it and others agreed on with the hub, the latest first. */
    agreementsOf: async (model: string): Promise<readonly ModelAgreement[]> =>
      ((await agreements.all(model)) as OpinionAgreementTable[]).map((row) => ({
        ...{ device: row.device, stream: row.stream, edgeModel: row.edge_model, hubModel: row.hub_model },
        ...{ same: row.same, n: row.frames },
      })),

    async get(device: string, sample: string): Promise<Opinion | undefined> {
      const row = (await ofSample.get(device, sample)) as OpinionRow | undefined;
      return row && opinionOf(row);
    },

    /** Those that were asked about with this sample and have come: the event, and what followed of it. */
    eventsOf: async (device: string, sample: string): Promise<readonly number[]> =>
      (await eventsOf.all(device, sample)) as number[],

    /** The latest of a stream, newest first, each with what operators say of its event. */
    spoken: async (device: string, stream: string, limit: number): Promise<readonly Spoken[]> =>
      ((await latest.all(device, stream, limit)) as (OpinionRow & { said: CorrectionVerdict | null })[]).map((row) => ({
        ...opinionOf(row),
        ...(row.said === null ? {} : { said: row.said }),
      })),

    async list(filter: OpinionFilter): Promise<Page<Opinion>> {
      let select = query
        .selectFrom('opinions')
        .select(['id', bodyBytes])
        .orderBy('id', 'desc')
        .limit(filter.limit + 1);
      if (filter.device !== undefined) select = select.where('device', '=', filter.device);
      if (filter.scope !== undefined) select = select.where(isOfScope(db, filter.scope));
      if (filter.stream !== undefined) select = select.where('stream', '=', filter.stream);
      if (filter.outcome !== undefined) select = select.where('outcome', '=', filter.outcome);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      const read = (ids: readonly number[]) =>
        query.selectFrom('opinions').selectAll().where('id', 'in', ids).orderBy('id', 'desc').execute();
      return readPage(await select.execute(), filter.limit, read, opinionOf);
    },

    /** Totals per stream, those with the most bytes first. @param now milliseconds since 1970 */
    async totals(limit: number, now: number): Promise<Hybrid['streams']> {
      const rows = await query.selectFrom('opinion_totals').selectAll().orderBy('bytes', 'desc').limit(limit).execute();
      return Promise.all(
        rows.map(async (row) => {
          const { device, stream, samples, bytes, hub_ms: hubMs, confirmed, changed, withdrawn } = row;
          const frames = await framesSince(device, stream, row.first_at, now);
          const per = (value: number) => (value / samples) * frames;
          return {
            ...{ device, stream, since: isoTime(row.first_at), samples, bytes, hubMs, confirmed, changed, withdrawn },
            ...(row.chance > 0 ? { agreement: wilson(row.chance_same, row.chance) } : {}),
            ...(frames > 0 ? { everyFrame: { samples: frames, bytes: per(bytes), hubMs: per(hubMs) } } : {}),
          };
        }),
      );
    },
  };

  /** At the rate of the last summary: all of them would take long to read. */
  async function framesSince(device: string, stream: string, since: number, now: number): Promise<number> {
    const body = await newestOf(db, 'summaries', device, stream);
    if (body === undefined) return 0;
    // The body passed its schema before it was stored.
    const { inferred, intervalMs } = JSON.parse(body) as { inferred: number; intervalMs: number };
    // A device may say that it has inferred any number in no time.
    return Math.round(Math.min(MOST_PER_MS, inferred / intervalMs) * Math.max(0, now - since));
  }
}

/** A model that was tuned anew is the same one. */
const withoutVariant = (model: string) => model.replace(/ \([^)]*\)$/, '');

interface OpinionRow {
  readonly id: number;
  readonly device: string;
  readonly stream: string;
  readonly sample: string;
  readonly received_at: number;
  readonly outcome: Outcome;
  readonly body: string;
}

export function opinionOf({ id, device, stream, sample, received_at: at, outcome, body }: OpinionRow): Opinion {
  // Our own code wrote it.
  return {
    id: String(id),
    device,
    stream,
    sample,
    receivedAt: isoTime(at),
    outcome,
    ...(JSON.parse(body) as OpinionBody),
  };
}

/** What an event says of its second opinion. */
export function eventOpinionOf({
  outcome,
  hub,
  receivedAt,
}: Pick<Opinion, 'outcome' | 'hub' | 'receivedAt'>): EventOpinion {
  const { label, score, model } = hub;
  return {
    outcome,
    ...(label === undefined ? {} : { label }),
    ...(score === undefined ? {} : { score }),
    model,
    at: receivedAt,
  };
}
