/** Sets of streams by revision, the digest of their content. They never change. */
import type { StreamSet } from '../contract/stream-set.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';
import type { StreamSetTable } from './tables.ts';

export type StreamSetStore = ReturnType<typeof createStreamSetStore>;

export function createStreamSetStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const byRevision = prepare('SELECT * FROM stream_sets WHERE revision = ?');
  const insert = prepare(
    `INSERT INTO stream_sets (revision, name, body, created_at, created_by) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (revision) DO NOTHING`,
  );

  const toSet = (row: Omit<StreamSetTable, 'id'> & { id: unknown }): StreamSet => ({
    id: String(row.id),
    revision: row.revision,
    name: row.name,
    // Only streams that passed their schema are ever written.
    streams: JSON.parse(row.body) as StreamSet['streams'],
    createdAt: isoTime(row.created_at),
    createdBy: row.created_by,
  });

  return {
    async get(revision: string): Promise<StreamSet | undefined> {
      const row = await byRevision.get(revision);
      return row === undefined ? undefined : toSet(row as StreamSetTable);
    },

    /** Newest first. */
    async list(filter: { before?: number | undefined; limit: number }): Promise<StreamSet[]> {
      let select = query.selectFrom('stream_sets').selectAll().orderBy('id', 'desc').limit(filter.limit);
      if (filter.before !== undefined) select = select.where('id', '<', filter.before);
      return (await select.execute()).map(toSet);
    },

    /** Part of a transaction; a revision that is there stays as it is, and false. */
    async add(revision: string, name: string, body: string, { at, actor }: Act): Promise<boolean> {
      return (await insert.run(revision, name, body, at, actor)).changes === 1;
    },
  };
}
