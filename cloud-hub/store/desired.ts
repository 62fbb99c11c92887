/** The desired document of each device that has one. */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export type DesiredStore = ReturnType<typeof createDesiredStore>;

/** So many documents are in memory. */
const PAGE = 200;

export function createDesiredStore(db: Db) {
  const prepare = statementsOf(db);
  const get = prepare('SELECT body FROM desired WHERE device = ?');
  const revision = prepare('SELECT revision FROM desired WHERE device = ?');
  const all = prepare('SELECT device, body FROM desired WHERE device > ? ORDER BY device LIMIT ?');
  const set = prepare(
    `INSERT INTO desired (device, revision, body, changed_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (device) DO UPDATE SET revision = excluded.revision, body = excluded.body, changed_at = excluded.changed_at`,
  );
  const models = prepare(`SELECT device FROM desired WHERE ${db.dialect.holds('body')} LIMIT 1`);
  // Only documents of ours are ever written.
  const parse = (row: { body: string }) => JSON.parse(row.body) as Desired;

  return {
    async get(device: string): Promise<Desired | undefined> {
      const row = (await get.get(device)) as { body: string } | undefined;
      return row && parse(row);
    },

    revision: async (device: string): Promise<string | undefined> =>
      ((await revision.get(device)) as { revision: string } | undefined)?.revision,

    /** By device; what changes meanwhile may be seen or not. */
    async *all(): AsyncGenerator<{ device: string; document: Desired }> {
      for (let after = ''; ; ) {
        const rows = (await all.all(after, PAGE)) as { device: string; body: string }[];
        for (const row of rows) yield { device: row.device, document: parse(row) };
        const last = rows.at(-1);
        if (!last) return;
        after = last.device;
      }
    },

    /** May be part of a transaction. */
    async set(device: string, document: Desired, now: number): Promise<void> {
      await set.run(device, document.revision, JSON.stringify(document), now);
    },

    /** A device whose document names this digest. */
    naming: async (digest: string): Promise<string | undefined> =>
      ((await models.get(digest)) as { device: string } | undefined)?.device,
  };
}
