/** Who did what, when. Rows are only ever added, in the transaction of what they tell where there is one. */
import type { AuditEntry } from '../contract/audit.ts';
import type { HubDatabase } from './database.ts';
import { isoTime } from './rows.ts';

/** Who acts: the name of a token or session, or `hub` itself. */
export interface Act {
  readonly at: number;
  readonly actor: string;
  /** Where from, when it was a request. */
  readonly address?: string;
}

export type AuditStore = ReturnType<typeof createAuditStore>;

export function createAuditStore({ query, prepare }: HubDatabase) {
  const insert = prepare('INSERT INTO audit (at, actor, action, subject, detail, address) VALUES (?, ?, ?, ?, ?, ?)');
  return {
    /** May be part of a transaction. */
    add({ at, actor, address }: Act, action: string, subject: string, detail: Record<string, unknown> = {}): void {
      insert.run(at, actor, action, subject, JSON.stringify(detail), address ?? null);
    },

    /** Newest first. */
    async list(filter: { before?: number | undefined; limit: number }): Promise<AuditEntry[]> {
      let select = query.selectFrom('audit').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      return (await select.execute()).map(({ id, at, detail, address, ...row }) => ({
        id: String(id),
        at: isoTime(at),
        ...row,
        ...(address === null ? {} : { address }),
        detail: JSON.parse(detail) as Record<string, unknown>,
      }));
    },
  };
}
