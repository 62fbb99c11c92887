/**
 * Pictures of samples, for the dataset: each goes with its second opinion, and the oldest go when they are too old or too many.
 * What they hold in all is counted here, so that a picture more costs no look at the others.
 */
import type { Box } from '../../shared/contract/names.ts';
import { DAY_MS } from '../../shared/kit/durations.ts';
import type { Db } from './database.ts';
import { statementsOf } from './statement.ts';

export interface PictureLimits {
  /** In all; 0: none is kept. */
  readonly bytes: number;
  readonly days: number;
}

export interface SamplePicture {
  /** Row of its second opinion. */
  readonly opinion: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly width: number;
  readonly height: number;
  /** The part of the source frame that it shows. */
  readonly region: Box;
  readonly hash: string;
  readonly jpeg: Uint8Array;
}

/** Of one transaction: what has piled up goes in several. */
const MOST_AT_ONCE = 100;

export type SamplePictureStore = ReturnType<typeof createSamplePictureStore>;

export function createSamplePictureStore(db: Db) {
  const { query } = db;
  const prepare = statementsOf(db);
  const insert = prepare(
    `INSERT INTO sample_pictures (opinion_id, at, bytes, width, height, region, hash, picture)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (opinion_id) DO NOTHING`,
  );
  const oldest = prepare('SELECT opinion_id, at, bytes FROM sample_pictures ORDER BY opinion_id LIMIT 1');
  const remove = prepare('DELETE FROM sample_pictures WHERE opinion_id = ?');
  const sum = prepare('SELECT coalesce(sum(bytes), 0) FROM sample_pictures').pluck();

  const prune = async (now: number, limits: PictureLimits): Promise<number> => {
    let bytes = (await sum.get()) as number;
    let gone = 0;
    for (; gone < MOST_AT_ONCE; gone++) {
      const row = (await oldest.get()) as { opinion_id: number; at: number; bytes: number } | undefined;
      if (!row || (row.at >= now - limits.days * DAY_MS && bytes <= limits.bytes)) break;
      await remove.run(row.opinion_id);
      bytes -= row.bytes;
    }
    return gone;
  };

  return {
    /** Keeps a picture, and makes room for it. Part of a transaction. */
    async add(picture: SamplePicture, limits: PictureLimits): Promise<void> {
      const { opinion, at, width, height, region, hash, jpeg } = picture;
      if (jpeg.length > limits.bytes) return;
      await insert.run(opinion, at, jpeg.length, width, height, JSON.stringify(region), hash, jpeg);
      await prune(at, limits);
    },

    /** Removes what is too old or too many, a bounded number. Part of a transaction. @returns how many */
    prune,

    async get(opinion: number): Promise<Uint8Array | undefined> {
      const row = await query
        .selectFrom('sample_pictures')
        .select('picture')
        .where('opinion_id', '=', opinion)
        .executeTakeFirst();
      return row?.picture;
    },
  };
}
