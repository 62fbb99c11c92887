/**
 * Was this database put back from a backup? Then the hub that made it has acknowledged records that are not here, and devices have
 * deleted them: gaps up to where a device was at its first contact since then have that reason (`explainRestore` of sequences.ts).
 *
 * Format: the row of the audit list that a restore adds; the newest counts. It is written while no hub runs.
 */
import { z } from 'zod';
import type { Db } from './database.ts';
import { isoTime } from './rows.ts';
import { statementsOf } from './statement.ts';

/** In the audit list. */
export const RESTORE_ACTION = 'hub.restore';
const detail = z.object({ takenAt: z.iso.datetime() });

export interface Restored {
  /** When the backup was taken, and when it was put back. */
  readonly takenAt: string;
  readonly restoredAt: string;
  /** Of a gap. */
  readonly reason: string;
}

/** The last restore; undefined: there was none. */
export async function readRestored(db: Db): Promise<Restored | undefined> {
  const newest = statementsOf(db)('SELECT at, detail FROM audit WHERE action = ? ORDER BY id DESC LIMIT 1');
  const row = await newest.get(RESTORE_ACTION);
  return row === undefined ? undefined : restoredOf(row as { at: number; detail: string });
}

function restoredOf(row: { at: number; detail: string }): Restored {
  const { takenAt } = detail.parse(JSON.parse(row.detail));
  const restoredAt = isoTime(row.at);
  const reason = `went with the old hub: restored at ${restoredAt} from a backup of ${takenAt}`;
  return { takenAt, restoredAt, reason };
}
