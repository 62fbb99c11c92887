/** Reads how a data folder grows, without changing it; its hub may run. */
import path from 'node:path';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import { KEPT_KINDS, type Keep } from '../config.ts';
import { DATABASE_FILE } from '../store/database.ts';
import { freeBytes, MIN_FREE_BYTES } from '../store/readiness.ts';
import { growthOf } from '../store/retention.ts';
import { DAY_MS, forecast, type Outlook, RATE_DAYS } from './forecast.ts';

export interface Look {
  /** Undefined: too early to say. */
  readonly outlook: Outlook | undefined;
  /** What records may still take, above what the hub needs to be free. */
  readonly freeBytes: number;
}

/** @throws Error when the database is missing or cannot be read */
export function lookAtGrowth(dataDir: string, keep: Keep, now: number): Look {
  const file = path.join(dataDir, DATABASE_FILE);
  const facts = lookAtDatabase(file, (database) => {
    const growth = KEPT_KINDS.flatMap((kind) => growthOf(database, kind, now - RATE_DAYS * DAY_MS) ?? []);
    const pageBytes = Number(database.pragma('page_size', { simple: true }));
    return { growth, unusedBytes: pageBytes * Number(database.pragma('freelist_count', { simple: true })) };
  });
  if (facts.state === 'missing')
    throw new Error(`there is no ${file}: name the data folder of the hub with --data-dir`);
  if (facts.state !== 'whole') throw new Error(`${file}: ${facts.error}`);
  const { growth, unusedBytes } = facts.more;
  // Pages that removed records have left are used first.
  const free = Math.max(0, freeBytes(dataDir) - MIN_FREE_BYTES) + unusedBytes;
  return { outlook: forecast(growth, { keep, freeBytes: free, now }), freeBytes: free };
}
