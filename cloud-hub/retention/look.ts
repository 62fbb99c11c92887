/** Reads how a data folder grows, without changing it; its hub may run. */
import path from 'node:path';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import { KEPT_KINDS, type Keep } from '../config.ts';
import { type Growth, growthOf } from '../store/retention.ts';
import { freeBytes, MIN_FREE_BYTES } from '../store/space.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';
import { readFile } from '../store/sqlite/read-file.ts';
import { requireFile } from '../store/whereabouts.ts';
import { DAY_MS, forecast, type Outlook, RATE_DAYS } from './forecast.ts';

export interface Look {
  /** Undefined: too early to say. */
  readonly outlook: Outlook | undefined;
  /** What records may still take, above what the hub needs to be free. */
  readonly freeBytes: number;
}

/** @throws Error when the database is missing or cannot be read */
export async function lookAtGrowth(dataDir: string, keep: Keep, now: number): Promise<Look> {
  requireFile(dataDir, () => 'the room for records is that of its server; ask it with pg_database_size');
  const file = path.join(dataDir, DATABASE_FILE);
  const facts = lookAtDatabase(file, (database) => {
    const pageBytes = Number(database.pragma('page_size', { simple: true }));
    return pageBytes * Number(database.pragma('freelist_count', { simple: true }));
  });
  if (facts.state === 'missing')
    throw new Error(`there is no ${file}: name the data folder of the hub with --data-dir`);
  if (facts.state !== 'whole') throw new Error(`${file}: ${facts.error}`);
  const unusedBytes = facts.more;
  const growth = await readFile(file, async (db) => {
    const found: Growth[] = [];
    for (const kind of KEPT_KINDS) {
      const one = await growthOf(db, kind, now - RATE_DAYS * DAY_MS);
      if (one) found.push(one);
    }
    return found;
  });
  // Pages that removed records have left are used first.
  const free = Math.max(0, freeBytes(dataDir) - MIN_FREE_BYTES) + unusedBytes;
  return { outlook: forecast(growth, { keep, freeBytes: free, now }), freeBytes: free };
}
