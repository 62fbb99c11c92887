/** Certificates of devices: those that were given, and which of them were revoked. */
import type { CertificateView } from '../contract/enrolment.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface NewCertificate {
  /** Upper-case hexadecimal, as Node writes it. */
  readonly serial: string;
  readonly device: string;
  /** Fingerprint of its key. */
  readonly key: string;
  readonly pem: string;
  readonly issuedAt: number;
  readonly endsAt: number;
}

export interface CertificateRow extends NewCertificate {
  readonly revokedAt: number | undefined;
}

interface Raw {
  readonly id: number;
  readonly serial: string;
  readonly device: string;
  readonly key: string;
  readonly pem: string;
  readonly issued_at: number;
  readonly ends_at: number;
  readonly revoked_at: number | null;
  readonly reason: string | null;
}

export type CertificateStore = ReturnType<typeof createCertificateStore>;

/** All of it but the list may be part of a transaction. */
export function createCertificateStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const insert = prepare(
    'INSERT INTO certificates (serial, device, key, pem, issued_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const bySerial = prepare('SELECT * FROM certificates WHERE serial = ?');
  const newest = prepare('SELECT * FROM certificates WHERE device = ? AND key = ? ORDER BY id DESC LIMIT 1');
  const endOf = prepare('SELECT max(ends_at) FROM certificates WHERE device = ? AND revoked_at IS NULL').pluck();
  const since = prepare('SELECT COUNT(*) FROM certificates WHERE device = ? AND issued_at > ?').pluck();
  const revokeAll = prepare(
    'UPDATE certificates SET revoked_at = ?, reason = ? WHERE device = ? AND revoked_at IS NULL AND ends_at > ?',
  );
  const revoked = prepare(
    'SELECT serial, revoked_at AS at FROM certificates WHERE revoked_at IS NOT NULL AND ends_at > ?',
  );
  const sweep = prepare('DELETE FROM certificates WHERE ends_at < ?');

  const rowOf = (found: unknown): CertificateRow | undefined => {
    const row = found as Raw | undefined;
    if (!row) return undefined;
    const { serial, device, key, pem } = row;
    const revokedAt = row.revoked_at ?? undefined;
    return { serial, device, key, pem, issuedAt: row.issued_at, endsAt: row.ends_at, revokedAt };
  };

  return {
    async add(given: NewCertificate): Promise<void> {
      await insert.run(given.serial, given.device, given.key, given.pem, given.issuedAt, given.endsAt);
    },
    bySerial: async (serial: string): Promise<CertificateRow | undefined> => rowOf(await bySerial.get(serial)),
    /** The newest of a device's key. */
    ofKey: async (device: string, key: string): Promise<CertificateRow | undefined> =>
      rowOf(await newest.get(device, key)),
    /** When the newest that a device has ends, milliseconds since 1970; undefined: it has none. */
    endOf: async (device: string): Promise<number | undefined> =>
      ((await endOf.get(device)) as number | null) ?? undefined,
    /** How many a device was given after that time. */
    countSince: async (device: string, after: number): Promise<number> => (await since.get(device, after)) as number,
    /**
     * Revokes all that a device has.
     * @param from certificates that ended before are left out
     * @returns how many
     */
    revoke: async (device: string, now: number, reason: string, from: number): Promise<number> =>
      (await revokeAll.run(now, reason, device, from)).changes,
    /** Those that were revoked and end after `from`. */
    revoked: async (from: number) => (await revoked.all(from)) as { serial: string; at: number }[],
    /** Forgets those that ended before. */
    sweep: async (before: number): Promise<number> => (await sweep.run(before)).changes,
    /** Newest first. @param filter `endsBefore`: neither revoked nor followed by a newer one, and ending before that time */
    async list(filter: {
      before?: number | undefined;
      limit: number;
      device?: string | undefined;
      endsBefore?: number | undefined;
    }): Promise<CertificateView[]> {
      let select = query.selectFrom('certificates as c').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.before !== undefined) select = select.where('c.id', '<', filter.before);
      if (filter.device !== undefined) select = select.where('c.device', '=', filter.device);
      if (filter.endsBefore !== undefined) {
        select = select
          .where('c.ends_at', '<', filter.endsBefore)
          .where('c.revoked_at', 'is', null)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('certificates as n')
                  .select('n.id')
                  .whereRef('n.device', '=', 'c.device')
                  .whereRef('n.id', '>', 'c.id'),
              ),
            ),
          );
      }
      return (await select.execute()).map((row) => ({
        id: String(row.id),
        device: row.device,
        serial: row.serial,
        issuedAt: isoTime(row.issued_at),
        endsAt: isoTime(row.ends_at),
        ...(row.revoked_at === null ? {} : { revokedAt: isoTime(row.revoked_at) }),
        ...(row.reason === null ? {} : { reason: row.reason }),
      }));
    },
  };
}
