/** Claims, and who asked with them. Only the SHA-256 digests of claims are kept. */
import type { ClaimView, Enrolment, EnrolmentState, NewClaim } from '../contract/enrolment.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';
import type { ClaimTable, EnrolmentTable } from './tables.ts';

export interface ClaimRow {
  readonly id: number;
  readonly labels: Record<string, string>;
  readonly uses: number;
  readonly used: number;
  readonly approve: boolean;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
}

export interface EnrolmentRow {
  readonly id: number;
  readonly claim: number;
  readonly device: string;
  /** Fingerprint of the key. */
  readonly key: string;
  readonly state: EnrolmentState;
}

type Stored<T> = { [K in keyof T]: T[K] extends { __select__: infer S } ? S : T[K] };

export type ClaimStore = ReturnType<typeof createClaimStore>;

/** All of it but the lists may be part of a transaction. */
export function createClaimStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO claims (hash, labels, uses, approve, expires_at, created_at, created_by)
     VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  ).pluck();
  const byHash = prepare('SELECT * FROM claims WHERE hash = ?');
  const byId = prepare('SELECT * FROM claims WHERE id = ?');
  const use = prepare('UPDATE claims SET used = used + ? WHERE id = ?');
  const revoke = prepare('UPDATE claims SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  const ask = prepare(
    'INSERT INTO enrolments (claim, device, key, state, address, asked_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const enrolmentOf = prepare('SELECT * FROM enrolments WHERE device = ?');
  const enrolmentById = prepare('SELECT * FROM enrolments WHERE id = ?');
  const decide = prepare('UPDATE enrolments SET state = ?, decided_by = COALESCE(?, decided_by) WHERE id = ?');
  const forget = prepare('DELETE FROM enrolments WHERE device = ?');

  const claimOf = (found: unknown) => {
    const row = found as Stored<ClaimTable> | undefined;
    return row && toClaim(row);
  };
  const enrolmentRow = (found: unknown) => found as EnrolmentRow | undefined;

  return {
    /** @returns its id */
    async add(
      hash: string,
      { uses, days, labels, approve }: NewClaim,
      { at, actor }: { at: number; actor: string },
    ): Promise<number> {
      const expiresAt = Math.round(at + days * 86_400_000);
      return Number(await insert.get(hash, JSON.stringify(labels), uses, Number(approve), expiresAt, at, actor));
    },
    byHash: async (hash: string): Promise<ClaimRow | undefined> => claimOf(await byHash.get(hash)),
    async view(id: number): Promise<ClaimView | undefined> {
      const row = (await byId.get(id)) as Stored<ClaimTable> | undefined;
      return row && toView(row);
    },
    /** Counts a device in, or out again (-1). */
    count: async (id: number, by: 1 | -1): Promise<void> => {
      await use.run(by, id);
    },
    /** False when there is no such claim that is not revoked. */
    revoke: async (id: number, now: number): Promise<boolean> => (await revoke.run(now, id)).changes === 1,
    /** Newest first. */
    async list(filter: { before?: number | undefined; limit: number }): Promise<ClaimView[]> {
      let select = query.selectFrom('claims').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      return (await select.execute()).map(toView);
    },

    /** Who asked last for this name. */
    enrolment: async (device: string): Promise<EnrolmentRow | undefined> => enrolmentRow(await enrolmentOf.get(device)),
    enrolmentById: async (id: number): Promise<EnrolmentRow | undefined> => enrolmentRow(await enrolmentById.get(id)),
    async ask(asked: Omit<EnrolmentRow, 'id'> & { readonly address: string }, now: number): Promise<void> {
      await ask.run(asked.claim, asked.device, asked.key, asked.state, asked.address, now);
    },
    decide: async (id: number, state: EnrolmentState, actor?: string): Promise<void> => {
      await decide.run(state, actor ?? null, id);
    },
    /** The name is free to be asked for. */
    forget: async (device: string): Promise<void> => {
      await forget.run(device);
    },
    /** Newest first. */
    async enrolments(filter: {
      before?: number | undefined;
      limit: number;
      state?: EnrolmentState | undefined;
    }): Promise<Enrolment[]> {
      let select = query.selectFrom('enrolments').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      if (filter.state !== undefined) select = select.where('state', '=', filter.state);
      return (await select.execute()).map(toEnrolment);
    },
  };
}

function toClaim(row: Stored<ClaimTable>): ClaimRow {
  return {
    id: row.id,
    labels: JSON.parse(row.labels) as Record<string, string>,
    uses: row.uses,
    used: row.used,
    approve: row.approve === 1,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
  };
}

function toView(row: Stored<ClaimTable>): ClaimView {
  const { id, revokedAt, expiresAt, ...rest } = toClaim(row);
  return {
    ...rest,
    id: String(id),
    createdAt: isoTime(row.created_at),
    createdBy: row.created_by,
    expiresAt: isoTime(expiresAt),
    ...(revokedAt === undefined ? {} : { revokedAt: isoTime(revokedAt) }),
  };
}

function toEnrolment(row: Stored<EnrolmentTable>): Enrolment {
  return {
    id: String(row.id),
    device: row.device,
    fingerprint: row.key,
    state: row.state,
    address: row.address,
    askedAt: isoTime(row.asked_at),
    claim: String(row.claim),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
  };
}
