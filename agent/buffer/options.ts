/** What an outbox is opened with. */
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Sealer } from '../../shared/kit/seal.ts';
import type { SqliteDatabase } from '../../shared/kit/sqlite.ts';
import type { Stamp } from './space/losses.ts';

export interface OutboxOptions {
  /** The agent's data folder; made when missing, locked while the outbox is open. */
  readonly folder: string;
  /** Bound of file, WAL and reserve in bytes; default 512 MiB, at least 4 MiB. */
  readonly quotaBytes?: number;
  /** Longest wait of a record for others to share its commit, in milliseconds; default 20. */
  readonly groupMs?: number;
  /** What may wait in memory while the disk takes nothing; default 4096 records and 8 MiB. */
  readonly memory?: { readonly records: number; readonly bytes: number };
  /** How the file is opened; default: SQLite in WAL mode with `synchronous=FULL`. */
  readonly open?: (path: string) => SqliteDatabase;
  /** How texts are kept on the disk; default: plain. */
  readonly sealer?: Sealer;
  /** For the records that the outbox itself writes. */
  readonly stamp: () => Stamp;
  readonly clock: Clock;
  readonly log: Logger;
}

const DEFAULT_QUOTA_BYTES = 512 * 1024 * 1024;
const MIN_QUOTA_BYTES = 4 * 1024 * 1024;

/** @throws RangeError for a quota below 4 MiB */
export function quotaOf({ quotaBytes = DEFAULT_QUOTA_BYTES }: Pick<OutboxOptions, 'quotaBytes'>): number {
  if (quotaBytes >= MIN_QUOTA_BYTES) return quotaBytes;
  throw new RangeError(`the outbox quota is ${quotaBytes} bytes; it must be at least ${MIN_QUOTA_BYTES}`);
}
