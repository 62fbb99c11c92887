/** Devices: their tokens and labels, and what each last reported. */
import { type Selectable, sql } from 'kysely';
import type { Report } from '../../shared/contract/messages/report.ts';
import { DAY_MS } from '../../shared/kit/durations.ts';
import type { Device } from '../contract/device.ts';
import type { Scope } from '../contract/identity.ts';
import type { AskingStream } from '../contract/opinion.ts';
import type { Db } from './database.ts';
import { hasLabels, type Page, readPage } from './lists.ts';
import { indexText, isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';
import type { DeviceTable as DeviceColumns } from './tables.ts';

type DeviceTable = Selectable<DeviceColumns>;

/** What changes in a device's row when it is heard; an absent field stays as it was. */
export interface Contact {
  readonly online?: boolean;
  readonly version?: string | undefined;
  readonly report?: Report;
}

export interface DeviceFilter {
  readonly online?: boolean | undefined;
  /** Only those that have these labels. */
  readonly scope?: Scope | undefined;
  /** Only ids above it. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What was stored of a device on a day. */
export interface Usage {
  /** Days since 1970 (UTC). */
  readonly day: number;
  readonly records: number;
  /** JSON and pictures. */
  readonly bytes: number;
}

/** Its last day, and until when no more is taken (milliseconds since 1970). */
export type LastUsage = Usage & { readonly pausedUntil: number | null };

const reportBytes = sql<number>`coalesce(octet_length(report), 0)`.as('bytes');

export type DeviceStore = ReturnType<typeof createDeviceStore>;

export function createDeviceStore(db: Db) {
  const prepare = statementsOf(db);
  const { query } = db;
  const byId = prepare('SELECT * FROM devices WHERE id = ?');
  const update = prepare(
    `UPDATE devices SET last_seen_at = ?, online = COALESCE(?, online), version = COALESCE(?, version),
       report = COALESCE(?, report) WHERE id = ?`,
  );

  const usage = prepare(
    `SELECT usage_day AS day, usage_records AS records, usage_bytes AS bytes, paused_until AS "pausedUntil"
       FROM devices WHERE id = ?`,
  );
  const used = prepare(
    `UPDATE devices SET usage_day = :day, paused_until = NULL,
       usage_records = :records + CASE usage_day WHEN :day THEN usage_records ELSE 0 END,
       usage_bytes = :bytes + CASE usage_day WHEN :day THEN usage_bytes ELSE 0 END WHERE id = :id`,
  );
  const pause = prepare('UPDATE devices SET paused_until = ? WHERE id = ?');
  const add = prepare(
    `INSERT INTO devices (id, token_hash, created_at, online, labels) VALUES (?, ?, ?, 0, '{}') ON CONFLICT (id) DO NOTHING`,
  );
  const setToken = prepare('UPDATE devices SET token_hash = ? WHERE id = ?');
  const setLabels = prepare('UPDATE devices SET labels = ? WHERE id = ?');
  const enrol = prepare('INSERT INTO devices (id, token_hash, created_at, online, labels) VALUES (?, ?, ?, 0, ?)');
  const remove = prepare('DELETE FROM devices WHERE id = ?');
  const asking = prepare(`SELECT id, report FROM devices WHERE ${db.dialect.holds('report')} ORDER BY id LIMIT ?`);
  const naming = prepare(`SELECT id FROM devices WHERE ${db.dialect.holds('report')}`);
  const counts = prepare('SELECT count(*) AS known, coalesce(sum(online), 0) AS online FROM devices');
  const roster = prepare('SELECT id, online, labels FROM devices ORDER BY id');

  const row = async (id: string): Promise<DeviceTable | undefined> => (await byId.get(id)) as DeviceTable | undefined;

  return {
    /** Adds a device; false when the id is taken. May be part of a transaction. */
    add: async (id: string, tokenHash: string, now: number): Promise<boolean> =>
      (await add.run(id, tokenHash, now)).changes === 1,

    /** Adds a device that has a certificate and no token; part of a transaction. */
    enrol: async (id: string, labels: Record<string, string>, now: number): Promise<void> => {
      await enrol.run(id, '', now, JSON.stringify(labels));
    },

    /** Removes a device with its document; false when there is none. What it sent stays. May be part of a transaction. */
    remove: async (id: string): Promise<boolean> => (await remove.run(id)).changes === 1,

    /** Replaces the token; false when there is no such device. May be part of a transaction. */
    setTokenHash: async (id: string, tokenHash: string): Promise<boolean> =>
      (await setToken.run(tokenHash, id)).changes === 1,

    /** Replaces the labels; false when there is no such device. May be part of a transaction. */
    setLabels: async (id: string, labels: Record<string, string>): Promise<boolean> =>
      (await setLabels.run(JSON.stringify(labels), id)).changes === 1,

    /** Every device with what selectors look at. */
    roster: async (): Promise<{ id: string; online: boolean; labels: Record<string, string> }[]> =>
      ((await roster.all()) as Pick<DeviceTable, 'id' | 'online' | 'labels'>[]).map((found) => ({
        id: found.id,
        online: found.online === 1,
        labels: labelsOf(found),
      })),

    /** How many there are, and how many of them are connected. */
    async counts(): Promise<{ readonly known: number; readonly online: number }> {
      return (await counts.get()) as { known: number; online: number };
    },

    /** What selectors look at in a device. */
    async labels(id: string): Promise<Record<string, string>> {
      const found = await row(id);
      return found ? labelsOf(found) : {};
    },

    /** A device whose latest report names this digest in a slot of a model. */
    async reporting(digest: string): Promise<string | undefined> {
      for (const { id } of (await naming.all(digest)) as { id: string }[]) {
        const slots = Object.values(reportOf(await row(id))?.models ?? {}).flatMap((m) => [
          m.active,
          m.candidate,
          m.previous,
        ]);
        if (slots.some((slot) => slot?.digest === digest)) return id;
      }
      return undefined;
    },

    /** Streams of devices that ask for second opinions, with what became of what they chose; it looks into every report. */
    async asking(limit: number): Promise<AskingStream[]> {
      const rows = (await asking.all('"escalation"', limit)) as Pick<DeviceTable, 'id' | 'report'>[];
      const all = rows.flatMap(({ id: device, report }) => {
        // Only a report that passed its schema is ever written.
        const streams = (JSON.parse(report ?? '{}') as Partial<Report>).escalation?.streams ?? {};
        return Object.entries(streams).map(([stream, { chosen, sent, refused, unsent }]) => {
          return { device, stream, chosen, sent, refused, unsent };
        });
      });
      return all.slice(0, limit);
    },

    /** What rules of alerts look at in a device; the report is read when it is asked for. Undefined: there is no such device. */
    async standing(id: string) {
      const found = await row(id);
      return (
        found && {
          labels: labelsOf(found),
          online: found.online === 1,
          lastSeenAt: found.last_seen_at ?? found.created_at,
          version: found.version ?? undefined,
          report: () => reportOf(found),
        }
      );
    },

    /** The latest report of a device. */
    report: async (id: string): Promise<Report | undefined> => reportOf(await row(id)),

    tokenHash: async (id: string): Promise<string | undefined> => (await row(id))?.token_hash,

    async get(id: string): Promise<Device | undefined> {
      const found = await row(id);
      return found && toDevice(found);
    },

    async list(filter: DeviceFilter): Promise<Page<Device>> {
      let select = query.selectFrom('devices').select(['id', reportBytes]).orderBy('id');
      if (filter.after !== undefined) select = select.where('id', '>', filter.after);
      if (filter.scope !== undefined)
        select = select.where(
          sql<boolean>`id IN (SELECT d.id FROM devices d WHERE ${hasLabels(db.dialect, filter.scope)})`,
        );
      if (filter.online !== undefined) select = select.where('online', '=', filter.online ? 1 : 0);
      const read = (ids: readonly string[]) =>
        query.selectFrom('devices').selectAll().where('id', 'in', ids).orderBy('id').execute();
      return readPage(await select.limit(filter.limit + 1).execute(), filter.limit, read, toDevice);
    },

    /** Notes that a device was heard; part of the ingest transaction. */
    async noteContact(id: string, contact: Contact, now: number): Promise<void> {
      const online = contact.online === undefined ? null : Number(contact.online);
      const report = contact.report === undefined ? null : JSON.stringify(contact.report);
      await update.run(now, online, contact.version === undefined ? null : indexText(contact.version), report, id);
    },

    /** What was stored of a device on its last day, and until when no more is taken; part of the ingest transaction. */
    usage: async (id: string): Promise<LastUsage | undefined> => (await usage.get(id)) as LastUsage | undefined,

    /** Adds to what was stored on a day; part of the ingest transaction. */
    used: async (id: string, { day, records, bytes }: Usage): Promise<void> => {
      await used.run({ id, day, records, bytes });
    },

    /** Notes until when no more is taken; part of the ingest transaction. */
    pause: async (id: string, until: number): Promise<void> => {
      await pause.run(until, id);
    },

    /** For the start of the hub: no device is connected yet. */
    async allOffline(): Promise<void> {
      await query.updateTable('devices').set({ online: 0 }).where('online', '=', 1).execute();
    },
  };
}

function toDevice(row: DeviceTable): Device {
  const report = reportOf(row);
  return {
    id: row.id,
    online: row.online === 1,
    createdAt: isoTime(row.created_at),
    streams: report?.streams ?? [],
    ...(row.usage_day === 0
      ? {}
      : {
          usage: {
            day: isoTime(row.usage_day * DAY_MS).slice(0, 10),
            records: row.usage_records,
            bytes: row.usage_bytes,
          },
        }),
    // Whoever was heard after it is not paused any more.
    ...(row.paused_until === null || row.paused_until <= (row.last_seen_at ?? 0)
      ? {}
      : { pausedUntil: isoTime(row.paused_until) }),
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.last_seen_at === null ? {} : { lastSeenAt: isoTime(row.last_seen_at) }),
    ...(report ? { host: report.host, outbox: report.outbox, ...(report.disk ? { disk: report.disk } : {}) } : {}),
    ...(row.labels === '{}' ? {} : { labels: labelsOf(row) }),
    ...(report?.models ? { models: report.models } : {}),
    ...(report?.desired ? { desired: report.desired } : {}),
  };
}

function reportOf(row: DeviceTable | undefined): Report | undefined {
  // Only a report that passed its schema is ever written.
  return row?.report ? (JSON.parse(row.report) as Report) : undefined;
}

function labelsOf({ labels }: Pick<DeviceTable, 'labels'>): Record<string, string> {
  // Only labels that passed their schema are ever written.
  return JSON.parse(labels) as Record<string, string>;
}
