/** The desired document of each device that has one. */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { HubDatabase } from './database.ts';

export type DesiredStore = ReturnType<typeof createDesiredStore>;

export function createDesiredStore({ prepare }: HubDatabase) {
  const get = prepare('SELECT body FROM desired WHERE device = ?');
  const revision = prepare('SELECT revision FROM desired WHERE device = ?');
  const all = prepare('SELECT device, body FROM desired ORDER BY device');
  const set = prepare(
    `INSERT INTO desired (device, revision, body, changed_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (device) DO UPDATE SET revision = excluded.revision, body = excluded.body, changed_at = excluded.changed_at`,
  );
  const models = prepare('SELECT device FROM desired WHERE instr(body, ?) > 0 LIMIT 1');
  // Only documents of ours are ever written.
  const parse = (row: { body: string }) => JSON.parse(row.body) as Desired;

  return {
    get(device: string): Desired | undefined {
      const row = get.get(device) as { body: string } | undefined;
      return row && parse(row);
    },

    revision: (device: string): string | undefined =>
      (revision.get(device) as { revision: string } | undefined)?.revision,

    *all(): Generator<{ device: string; document: Desired }> {
      for (const row of all.all() as { device: string; body: string }[])
        yield { device: row.device, document: parse(row) };
    },

    /** May be part of a transaction. */
    set(device: string, document: Desired, now: number): void {
      set.run(device, document.revision, JSON.stringify(document), now);
    },

    /** A device whose document names this digest. */
    naming: (digest: string): string | undefined => (models.get(digest) as { device: string } | undefined)?.device,
  };
}
