/** What the uplink asks of the outbox, and what it is answered. */
import type { EarlierEpoch, Start } from '../../shared/contract/messages/batch.ts';
import type { Leased } from './file/format.ts';

/**
 * `stale`: of another epoch or start. `forked`: it knows of records that this outbox never gave, see `Outbox.ack`. `failed`: the disk takes nothing
 * and memory is full, or damage began another epoch meanwhile.
 */
export type AckOutcome = 'settled' | 'stale' | 'forked' | 'failed';

/** What the uplink wants to send next: numbers above `after`, none above `upTo`; see `Outbox.lease`. */
export interface Wanted {
  readonly epoch: string;
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
  readonly maxBytes: number;
}

export interface Taken {
  /** Lowest number still held. */
  readonly base: number;
  /** The highest number that the outbox has given. */
  readonly given: number;
  readonly starts: readonly Start[];
  readonly earlier: readonly EarlierEpoch[];
  readonly leased: readonly Leased[];
}

export interface Position {
  readonly epoch: string;
  readonly lastSeq: number;
}
