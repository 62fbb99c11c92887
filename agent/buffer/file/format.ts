/** What the outbox's file holds, as types (the tables are in outbox-file.ts). */
import { z } from 'zod';
import { earlierEpoch, epoch, MAX_EARLIER, MAX_STARTS, range, start } from '../../../shared/contract/messages/batch.ts';
import { count } from '../../../shared/contract/names.ts';
import type { Rank, Ranked } from './rank.ts';

/** In the data folder. */
export const OUTBOX_FILE = 'outbox.db';

/** `user_version` of the file. Format 1 had no `meta_copy`, format 2 no `sealed`. */
export const FORMAT = 3;

/** The table of a rank's records. */
export function tableOf(rank: Rank): string {
  return `records_${rank}`;
}

const tally = z.object({ records: count, bytes: count });
const metaState = z.object({
  epoch,
  nextSeq: z.number().int().positive(),
  held: z.tuple([tally, tally, tally, tally]).describe('by rank'),
  refused: count.describe('records refused since the file was born'),
  givenUp: count.describe('records given up since the file was born'),
  starts: z.array(start).max(MAX_STARTS).default([]).describe('which start gave which numbers: starts.ts'),
  earlier: z.array(earlierEpoch).max(MAX_EARLIER).default([]).describe('names that numbers had before: starts.ts'),
  secure: z
    .boolean()
    .default(false)
    .describe('what was ever deleted from it was overwritten; a file of an older version is not'),
  keys: z
    .array(z.string().regex(/^[0-9a-f]{16}$/))
    .default([])
    .describe('ids of the keys that texts in it may be sealed with'),
  plain: z.boolean().default(true).describe('texts in it may be plain'),
  inDoubt: z.array(range).default([]).describe('numbers on their way to the hub: acks/in-doubt.ts'),
});
export type MetaState = z.infer<typeof metaState>;

/** A record's JSON text before it has a number. */
export interface Entry extends Ranked {
  readonly json: string;
}

/** A numbered record; `bytes` is the size of `json` in UTF-8. */
export interface Leased {
  readonly seq: number;
  readonly bytes: number;
  readonly json: string;
  /**
   * `json` is JSON: SQLite has checked it, or it was sealed, and so it is what was written. Only a text that was damaged before it was
   * sealed anew is taken for JSON wrongly; the hub finds it (decision 0016).
   */
  readonly isJson: boolean;
}

/** The file contradicts its own invariants although SQLite can read it. */
export class DamagedFileError extends Error {
  override readonly name: string = 'DamagedFileError';
}

/** The key of what the file holds is not given: to this agent the file is as good as damaged. */
export class LostKeyError extends DamagedFileError {
  override readonly name = 'LostKeyError';
}

/** The state out of the text of the `meta` row; undefined when it is damaged. */
export function parseMeta(text: unknown): MetaState | undefined {
  try {
    return metaState.safeParse(JSON.parse(String(text))).data;
  } catch {
    return undefined;
  }
}
