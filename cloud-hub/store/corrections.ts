/** What operators say of events: at most one correction per event, the last one. It goes with its event. */
import type { Correction, CorrectionVerdict, NewCorrection } from '../contract/correction.ts';
import type { Act } from './audit.ts';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

export interface CorrectionRow {
  readonly verdict: CorrectionVerdict;
  readonly label: string | null;
  readonly at: number;
  readonly actor: string;
}

export type CorrectionStore = ReturnType<typeof createCorrectionStore>;

export function createCorrectionStore(db: Db) {
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO corrections (event_id, verdict, label, at, actor) SELECT id, ?, ?, ?, ? FROM events WHERE id = ?
       ON CONFLICT (event_id) DO UPDATE SET verdict = excluded.verdict, label = excluded.label, at = excluded.at,
         actor = excluded.actor`,
  );
  const remove = prepare('DELETE FROM corrections WHERE event_id = ?');
  const byEvent = prepare('SELECT verdict, label, at, actor FROM corrections WHERE event_id = ?');

  return {
    /** Replaces what was said before. Part of a transaction. @returns false: there is no such event */
    set: async (event: number, { verdict, label }: NewCorrection, { at, actor }: Act): Promise<boolean> =>
      (await insert.run(verdict, label ?? null, at, actor, event)).changes === 1,

    /** Part of a transaction. @returns false: nothing was said of it */
    remove: async (event: number): Promise<boolean> => (await remove.run(event)).changes === 1,

    async get(event: number): Promise<Correction | undefined> {
      const row = (await byEvent.get(event)) as CorrectionRow | undefined;
      return row && correctionOf(row);
    },
  };
}

export function correctionOf({ verdict, label, at, actor }: CorrectionRow): Correction {
  return { verdict, ...(label === null ? {} : { label }), by: actor, at: isoTime(at) };
}
