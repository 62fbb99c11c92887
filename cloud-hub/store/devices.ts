/** Devices: who may connect, and what each last said about itself. */
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Device } from '../api/schemas/api.ts';
import type { HubDatabase } from './database.ts';
import { indexText, isoTime } from './rows.ts';
import type { DeviceTable } from './tables.ts';

/** What changes in a device's row when it is heard; an absent field stays as it was. */
export interface Heard {
  readonly online?: boolean;
  readonly version?: string | undefined;
  readonly report?: Report;
}

export interface DeviceFilter {
  readonly online?: boolean | undefined;
  /** Only ids above it. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export type DeviceStore = ReturnType<typeof createDeviceStore>;

export function createDeviceStore(database: HubDatabase) {
  const { query } = database;
  const byId = database.prepare('SELECT * FROM devices WHERE id = ?');
  const update = database.prepare(
    `UPDATE devices SET last_seen_at = ?, online = COALESCE(?, online), version = COALESCE(?, version),
       report = COALESCE(?, report) WHERE id = ?`,
  );

  const naming = database.prepare('SELECT id FROM devices WHERE instr(report, ?) > 0');
  const roster = database.prepare('SELECT id, online, labels FROM devices ORDER BY id');

  const row = (id: string): DeviceTable | undefined => byId.get(id) as DeviceTable | undefined;

  return {
    /** Adds a device; false when the id is taken. */
    async add(id: string, tokenHash: string, now: number): Promise<boolean> {
      const result = await query
        .insertInto('devices')
        .values({ id, token_hash: tokenHash, created_at: now, online: 0, labels: '{}' })
        .onConflict((c) => c.column('id').doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n;
    },

    /** Replaces the token; false when there is no such device. */
    async setTokenHash(id: string, tokenHash: string): Promise<boolean> {
      const result = await query
        .updateTable('devices')
        .set({ token_hash: tokenHash })
        .where('id', '=', id)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },

    /** Replaces the labels; false when there is no such device. */
    async setLabels(id: string, labels: Record<string, string>): Promise<boolean> {
      const result = await query
        .updateTable('devices')
        .set({ labels: JSON.stringify(labels) })
        .where('id', '=', id)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },

    /** Every device with what selectors look at. */
    roster: (): { id: string; online: boolean; labels: Record<string, string> }[] =>
      (roster.all() as Pick<DeviceTable, 'id' | 'online' | 'labels'>[]).map((found) => ({
        id: found.id,
        online: found.online === 1,
        labels: labelsOf(found),
      })),

    /** What selectors look at in a device. */
    labels(id: string): Record<string, string> {
      const found = row(id);
      return found ? labelsOf(found) : {};
    },

    /** A device whose latest report names this digest in a slot of a model. */
    reporting(digest: string): string | undefined {
      for (const { id } of naming.all(digest) as { id: string }[]) {
        const slots = Object.values(reportOf(row(id))?.models ?? {}).flatMap((m) => [
          m.active,
          m.candidate,
          m.previous,
        ]);
        if (slots.some((slot) => slot?.digest === digest)) return id;
      }
      return undefined;
    },

    /** The latest report of a device. */
    report: (id: string): Report | undefined => reportOf(row(id)),

    tokenHash: (id: string): string | undefined => row(id)?.token_hash,

    get(id: string): Device | undefined {
      const found = row(id);
      return found && toDevice(found);
    },

    async list(filter: DeviceFilter): Promise<Device[]> {
      let select = query.selectFrom('devices').selectAll().orderBy('id').limit(filter.limit);
      if (filter.after !== undefined) select = select.where('id', '>', filter.after);
      if (filter.online !== undefined) select = select.where('online', '=', filter.online ? 1 : 0);
      return (await select.execute()).map(toDevice);
    },

    /** Notes that a device was heard; part of the ingest transaction. */
    heard(id: string, heard: Heard, now: number): void {
      const online = heard.online === undefined ? null : Number(heard.online);
      const report = heard.report === undefined ? null : JSON.stringify(heard.report);
      update.run(now, online, heard.version === undefined ? null : indexText(heard.version), report, id);
    },

    /** At the start nobody is connected yet. */
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
    ...(row.version === null ? {} : { version: row.version }),
    ...(row.last_seen_at === null ? {} : { lastSeenAt: isoTime(row.last_seen_at) }),
    ...(report ? { host: report.host, outbox: report.outbox } : {}),
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
