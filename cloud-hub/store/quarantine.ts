/**
 * The quarantine: what the hub refused, with the reason, so that nothing is lost silently and nothing is sent for ever.
 *
 * Invariants: 1. A device holds at most `maxEntries` entries and `maxBytes` bytes; the oldest go first and are counted in
 * `quarantine_totals.evicted`. 2. The same refused thing is held once. 3. Totals change in the transaction that changes
 * the entries.
 */
import type { Scope } from '../contract/identity.ts';
import type { Quarantined } from '../contract/quarantined.ts';
import type { Db } from './database.ts';
import { isOfScope } from './lists.ts';
import { indexText, isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface Refused {
  readonly device: string;
  readonly receivedAt: number;
  readonly reason: string;
  /** Size of what was refused, before it is cut. */
  readonly bytes: number;
  readonly epoch?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly digest: string;
  readonly payload: Uint8Array;
}

export interface QuarantineLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Of one entry; what is longer is cut. */
  readonly maxEntryBytes: number;
}

export const defaultQuarantineLimits: QuarantineLimits = {
  maxEntries: 1000,
  maxBytes: 16 * 1024 * 1024,
  maxEntryBytes: 256 * 1024,
};

interface Totals {
  entries: number;
  bytes: number;
  evicted: number;
}

export type QuarantineStore = ReturnType<typeof createQuarantineStore>;

export function createQuarantineStore(db: Db, limits: QuarantineLimits = defaultQuarantineLimits) {
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO quarantine (device, received_at, reason, bytes, epoch, from_seq, to_seq, digest, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device, digest) DO NOTHING`,
  );
  const selectTotals = prepare('SELECT entries, bytes, evicted FROM quarantine_totals WHERE device = ?');
  const saveTotals = prepare(
    `INSERT INTO quarantine_totals (device, entries, bytes, evicted) VALUES (?, ?, ?, ?)
       ON CONFLICT (device) DO UPDATE SET entries = excluded.entries, bytes = excluded.bytes, evicted = excluded.evicted`,
  );
  const oldest = prepare('SELECT id, LENGTH(payload) AS bytes FROM quarantine WHERE device = ? ORDER BY id LIMIT 1');
  const remove = prepare('DELETE FROM quarantine WHERE id = ?');

  return {
    /** Adds an entry and makes room for it; returns whether it is new, and how many old ones went. */
    async add(item: Refused): Promise<{ added: boolean; evicted: number }> {
      const payload = item.payload.subarray(0, limits.maxEntryBytes);
      const result = await insert.run(
        item.device,
        item.receivedAt,
        indexText(item.reason),
        item.bytes,
        item.epoch ?? null,
        item.from ?? null,
        item.to ?? null,
        item.digest,
        payload,
      );
      if (result.changes === 0) return { added: false, evicted: 0 };
      const before = ((await selectTotals.get(item.device)) as Totals | undefined) ?? {
        entries: 0,
        bytes: 0,
        evicted: 0,
      };
      let entries = before.entries + 1;
      let bytes = before.bytes + payload.length;
      let evicted = 0;
      while (entries > limits.maxEntries || bytes > limits.maxBytes) {
        const victim = (await oldest.get(item.device)) as { id: number; bytes: number } | undefined;
        if (!victim) break;
        await remove.run(victim.id);
        entries--;
        bytes -= victim.bytes;
        evicted++;
      }
      await saveTotals.run(item.device, entries, bytes, before.evicted + evicted);
      return { added: true, evicted };
    },

    async list(filter: {
      device?: string | undefined;
      /** Only of devices that have these labels now. */
      scope?: Scope | undefined;
      before?: number | undefined;
      limit: number;
    }): Promise<Quarantined[]> {
      let select = db.query
        .selectFrom('quarantine')
        .select(['id', 'device', 'received_at', 'reason', 'bytes', 'epoch', 'from_seq', 'to_seq'])
        .orderBy('id', 'desc')
        .limit(filter.limit);
      if (filter.device !== undefined) select = select.where('device', '=', filter.device);
      if (filter.scope !== undefined) select = select.where(isOfScope(db, filter.scope));
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      return (await select.execute()).map((row) => ({
        id: String(row.id),
        device: row.device,
        receivedAt: isoTime(row.received_at),
        reason: row.reason,
        bytes: row.bytes,
        ...(row.epoch === null ? {} : { epoch: row.epoch }),
        ...(row.from_seq === null ? {} : { from: row.from_seq }),
        ...(row.to_seq === null ? {} : { to: row.to_seq }),
      }));
    },
  };
}
