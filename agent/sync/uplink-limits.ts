/** The bounds of an uplink, and what they are where nobody says otherwise. */
import { MAX_BATCH_RECORDS } from '../../shared/contract/messages/batch.ts';
import type { LaneLimits } from './lanes.ts';

export interface UplinkLimits extends LaneLimits {
  /** JSON of one batch in bytes, unless a single record is larger. */
  readonly maxBytes: number;
  /** A record whose JSON is larger cannot be sent; default: the channel's bound. */
  readonly maxRecordBytes?: number;
  /** Bounds of the wait before records are sent again, in milliseconds. */
  readonly retryMs: { readonly first: number; readonly max: number };
}

export const DEFAULTS: UplinkLimits = {
  maxFlights: 4,
  maxRecords: MAX_BATCH_RECORDS,
  maxBytes: 1_000_000,
  // Short, because an alert has half a second from frame to webhook. A device that waits so long sends at most 20 batches per second.
  lingerMs: 50,
  ackTimeoutMs: 10_000,
  retryMs: { first: 1_000, max: 60_000 },
  backlog: 200,
  backfillPerSecond: Number.POSITIVE_INFINITY,
};
