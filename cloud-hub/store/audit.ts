/**
 * Who did what, when; and which requests were refused. Table `audit`, one row an entry.
 *
 * 1. Rows are only ever added, in the transaction of what they tell where there is one; the database itself refuses to change
 *    or to delete one. 2. Ids rise by one. 3. `digest` covers the row and the digest before it (audit-chain.ts).
 *
 * Crash behaviour: an entry is there exactly when what it tells is, because both are one transaction.
 */
import { z } from 'zod';
import type { AuditEntry, AuditFilter, AuditHead } from '../contract/audit.ts';
import { ChainCheck, type ChainReport, digestOf, FIRST_DIGEST } from './audit-chain.ts';
import type { Db } from './database.ts';
import { isoTime, timeColumn } from './rows.ts';
import { statementsOf } from './statement.ts';

/** Who acts: the name of a token or session, or `hub` itself. */
export interface Act {
  readonly at: number;
  readonly actor: string;
  /** Where from, when it was a request. */
  readonly address?: string;
  /** What must hold for the change. */
  readonly guard?: Guard;
}

/** Looks at a document in the transaction that changes it. `tx` has the parts of the store. */
export interface Guard {
  /** Is it as the one who changes it has seen it? @throws what he is told when it is not; then nothing is changed */
  before(tx: object): Promise<void>;
  after(tx: object): Promise<void>;
}

export type AuditStore = ReturnType<typeof createAuditStore>;

/** Entries that are checked at once; the hub serves others in between. */
const CHECKED = 1000;

/** Every column, oldest first, behind an entry; begin with FROM_THE_FIRST, since somebody may have written entries with ids below 1. */
export const CHAIN_SQL = 'SELECT * FROM audit WHERE id > ? ORDER BY id LIMIT ?';
export const FROM_THE_FIRST = Number.NEGATIVE_INFINITY;

export function createAuditStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO audit (id, at, actor, action, subject, detail, address, digest)
     VALUES (:id, :at, :actor, :action, :subject, :detail, :address, :digest)`,
  );
  const newest = prepare('SELECT id, digest FROM audit ORDER BY id DESC LIMIT 1');
  const chain = prepare(CHAIN_SQL);
  const last = async () => (await newest.get()) as { id: number; digest: string } | undefined;

  return {
    /** May be part of a transaction. */
    async add(
      { at, actor, address }: Act,
      action: string,
      subject: string,
      detail: Record<string, unknown> = {},
    ): Promise<void> {
      const before = await last();
      const text = { actor, action, subject, detail: JSON.stringify(detail), address: address ?? null };
      const row = { id: (before?.id ?? 0) + 1, at: timeColumn(at), ...text };
      await insert.run({ ...row, digest: digestOf(row, before?.digest ?? FIRST_DIGEST) });
    },

    /** Newest first. */
    async list(filter: AuditFilter & { before?: number | undefined; limit: number }): Promise<AuditEntry[]> {
      const { actor, action, subject, since, until, before, limit } = filter;
      let select = query.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(limit);
      if (before !== undefined) select = select.where('id', '<', before);
      if (actor !== undefined) select = select.where('actor', '=', actor);
      if (subject !== undefined) select = select.where('subject', '=', subject);
      if (since !== undefined) select = select.where('at', '>=', Date.parse(since));
      if (until !== undefined) select = select.where('at', '<', Date.parse(until));
      // `device` is `device.add` too. `.` and `/` are neighbours, so this is a range of the text.
      if (action !== undefined)
        select = select.where((e) =>
          e.or([e('action', '=', action), e.and([e('action', '>', `${action}.`), e('action', '<', `${action}/`)])]),
        );
      return (await select.execute()).map(({ id, at, detail, address, ...row }) => ({
        id: String(id),
        at: isoTime(at),
        ...row,
        ...(address === null ? {} : { address }),
        detail: detailOf(detail),
      }));
    },

    /** The newest entry. */
    async head(): Promise<AuditHead | undefined> {
      const row = await last();
      return row && { id: String(row.id), digest: row.digest };
    },

    /** Checks the whole chain, a part at a time. @param expected a head that somebody kept */
    async check(pause: () => Promise<void>, expected?: AuditHead): Promise<ChainReport> {
      const check = new ChainCheck(expected);
      for (let after = FROM_THE_FIRST; ; ) {
        const rows = (await chain.all(after, CHECKED)) as { id: number }[];
        for (const row of rows) check.add(row);
        const end = rows.at(-1)?.id;
        // An id that is too large for a number would be read again for ever; it is a fault.
        if (end === undefined || end <= after) return check.report();
        after = end;
        await pause();
      }
    },
  };
}

/** Somebody may have written there what is no JSON: the other entries are shown all the same. */
function detailOf(text: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    return { unreadable: text };
  }
}
