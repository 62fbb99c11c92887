/**
 * Second opinions: one verdict per device and sample, for ever the first; and totals per stream, kept in the same transaction.
 * An event finds its verdict by its sample, whichever of the two came first.
 */
import type { Opinion as Outcome } from '../../shared/contract/messages/verdict.ts';
import type { CorrectionVerdict } from '../contract/correction.ts';
import type { Scope } from '../contract/identity.ts';
import type { EventOpinion, Hybrid, Opinion } from '../contract/opinion.ts';
import type { HubDatabase } from './database.ts';
import { bodyBytes, isOfScope, type Page, readPage } from './lists.ts';
import type { OpinionAgreementTable } from './record-tables.ts';
import { isoTime } from './rows.ts';
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

export type OpinionStore = ReturnType<typeof createOpinionStore>;

export function createOpinionStore(database: HubDatabase) {
  const { query } = database;
  const insert = database.prepare(
    `INSERT INTO opinions (device, stream, sample, received_at, outcome, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (device, sample) DO NOTHING`,
  );
  const total = database.prepare(
    `INSERT INTO opinion_totals
       (device, stream, first_at, samples, bytes, hub_ms, confirmed, changed, withdrawn, chance, chance_same)
       VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (device, stream) DO UPDATE SET samples = samples + 1, bytes = bytes + excluded.bytes,
         hub_ms = hub_ms + excluded.hub_ms, confirmed = confirmed + excluded.confirmed,
         changed = changed + excluded.changed, withdrawn = withdrawn + excluded.withdrawn,
         chance = chance + excluded.chance, chance_same = chance_same + excluded.chance_same`,
  );
  const agreement = database.prepare(
    `INSERT INTO opinion_agreements (device, stream, edge_model, hub_model, frames, same, last_at)
       VALUES (?, ?, ?, ?, 1, ?, ?)
       ON CONFLICT (device, stream, edge_model, hub_model) DO UPDATE SET frames = frames + 1,
         same = same + excluded.same, last_at = excluded.last_at`,
  );
  const agreements = database.prepare(
    `SELECT * FROM opinion_agreements WHERE (device, stream) IN
       (SELECT device, stream FROM opinion_agreements WHERE edge_model = ?) ORDER BY last_at DESC`,
  );
  const ofSample = database.prepare('SELECT * FROM opinions WHERE device = ? AND sample = ?');
  const latest = database.prepare(
    // SQLite takes the verdict from the row with the greatest time: the last word on the event and on what followed of it.
    `SELECT o.*, c.verdict AS said, max(c.at) AS said_at FROM opinions o
       LEFT JOIN events e ON e.device = o.device AND e.sample = o.sample
       LEFT JOIN corrections c ON c.event_id = e.id
       WHERE o.device = ? AND o.stream = ? GROUP BY o.id ORDER BY o.id DESC LIMIT ?`,
  );
  const eventsOf = database.prepare('SELECT id FROM events WHERE device = ? AND sample = ? ORDER BY id').pluck();

  return {
    /** Part of a transaction. @returns its row; undefined: there was one for this sample, which stays */
    add({ device, stream, sample, receivedAt, outcome, ...body }: NewOpinion): number | undefined {
      const made = insert.run(device, stream, sample, receivedAt, outcome, JSON.stringify(body));
      if (made.changes === 0) return undefined;
      const counts = (['confirmed', 'changed', 'withdrawn'] as const).map((one) =>
        body.event && outcome === one ? 1 : 0,
      );
      // Events are no fair sample of the frames: those that chance alone chose are.
      const isChance = !body.event && body.chosenBy.includes('random');
      const chance = [isChance ? 1 : 0, isChance && outcome === 'confirmed' ? 1 : 0];
      total.run(device, stream, receivedAt, body.bytes, body.ms, ...counts, ...chance);
      if (isChance && body.edge.model !== undefined) {
        const models = [withoutVariant(body.edge.model), withoutVariant(body.hub.model)];
        agreement.run(device, stream, ...models, outcome === 'confirmed' ? 1 : 0, receivedAt);
      }
      return Number(made.lastInsertRowid);
    },

    /** Of all streams in which this model was asked about: what it and others agreed on with the hub, the latest first. */
    agreementsOf: (model: string): readonly ModelAgreement[] =>
      (agreements.all(model) as OpinionAgreementTable[]).map((row) => ({
        ...{ device: row.device, stream: row.stream, edgeModel: row.edge_model, hubModel: row.hub_model },
        ...{ same: row.same, n: row.frames },
      })),

    get(device: string, sample: string): Opinion | undefined {
      const row = ofSample.get(device, sample) as OpinionRow | undefined;
      return row && opinionOf(row);
    },

    /** Those that were asked about with this sample and have come: the event, and what followed of it. */
    eventsOf: (device: string, sample: string): readonly number[] => eventsOf.all(device, sample) as number[],

    /** The latest of a stream, newest first, each with what operators say of its event. */
    spoken: (device: string, stream: string, limit: number): readonly Spoken[] =>
      (latest.all(device, stream, limit) as (OpinionRow & { said: CorrectionVerdict | null })[]).map((row) => ({
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
      if (filter.scope !== undefined) select = select.where(isOfScope(filter.scope));
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
    const row = await query
      .selectFrom('summaries')
      .select('body')
      .where('device', '=', device)
      .where('stream', '=', stream)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (!row) return 0;
    // The body passed its schema before it was stored.
    const { inferred, intervalMs } = JSON.parse(row.body) as { inferred: number; intervalMs: number };
    return Math.round((inferred / intervalMs) * Math.max(0, now - since));
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
