/** A message on its way through the steps of ingest. Each step fills in what the next ones need. */
import type { Ack, Refusal, Start } from '../../shared/contract/messages/batch.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Status } from '../../shared/contract/messages/status.ts';
import type { Refused } from '../store/quarantine.ts';
import type { StoredRecord } from '../store/records.ts';
import type { Gap, Ledger } from '../store/sequences.ts';
import type { Arrival } from './ledger.ts';
import type { Lineage } from './lineage.ts';
import type { OpenBatch } from './open-batch.ts';

/** `presence` has no topic: the broker saw that a device connected or disconnected. */
export type IngestChannel = 'records' | 'status' | 'report' | 'presence';

/** A record that passed its schema. */
export interface GoodRecord {
  readonly seq: number;
  readonly record: RecordBody;
  readonly body: string;
  readonly picture: Uint8Array | undefined;
}

/** A record that did not; as it came. */
export interface BadRecord {
  readonly seq: number;
  readonly reason: string;
  readonly text: Uint8Array;
}

/** A batch, or a part of one (open-batch.ts). */
export interface BatchContent {
  readonly kind: 'batch';
  readonly epoch: string;
  readonly arrival: Arrival;
  /** The highest number that the outbox has given, as far as the batch says it; at least the last one of the batch. */
  readonly given: number;
  readonly lineage: Lineage;
  readonly good: readonly GoodRecord[];
  readonly bad: readonly BadRecord[];
  /** Set when all these numbers were refused unread. */
  readonly refusedWhole?: string;
  /** Nothing of the batch comes after it. */
  readonly last: boolean;
}

export type Content =
  | BatchContent
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'presence'; readonly online: boolean };

/** What `dedupe` read from the ledger; inside one transaction. */
export interface LedgerView {
  readonly ledger: Ledger;
  readonly gaps: readonly Gap[];
  readonly fresh: readonly GoodRecord[];
  readonly freshBad: readonly BadRecord[];
  /** The highest number that was settled before. */
  readonly newest: number;
  /** The starts whose records are here, with the sender's; undefined when that is what is written. */
  readonly line: readonly Start[] | undefined;
  /** Where the sender's numbers part from those of the copy whose records are here; then nothing is taken. */
  readonly forkedAt: number | undefined;
  /** The day of its device is used up until then (milliseconds since 1970), and whether this message was the first to meet that. */
  readonly pausedUntil: number | undefined;
  readonly isPauseNew: boolean;
  /** False when nothing is taken: the numbers are of another copy, too many holes have to be filled before, or the day is used up. */
  readonly accepted: boolean;
}

export interface Message {
  readonly device: string;
  readonly channel: IngestChannel;
  readonly payload: Uint8Array;
  /** Wall clock of the hub, milliseconds since 1970. */
  readonly receivedAt: number;
  /** Size of its JSON; known once it is decoded. */
  unpackedBytes?: number;
  body?: unknown;
  /** The batch whose part this is. */
  open?: OpenBatch;
  content?: Content;
  /** Why the message as a whole goes into quarantine. */
  rejected?: string;
  view?: LedgerView;
  stored: StoredRecord[];
  quarantined: Refused[];
  /** Older entries of the quarantine that made room. */
  evicted: number;
  ack?: Ack;
  /** What was refused of its epoch in the same transaction: the acknowledgement speaks of all that is settled by it. */
  refusedTogether?: readonly Refusal[];
}

export type { Refusal };
