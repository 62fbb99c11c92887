/** A message on its way through the steps of ingest. Each step fills in what the next ones need. */
import type { Ack, Refusal } from '../../shared/contract/messages/batch.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { Status } from '../../shared/contract/messages/status.ts';
import type { Refused } from '../store/quarantine.ts';
import type { StoredRecord } from '../store/records.ts';
import type { Gap, Ledger } from '../store/sequences.ts';
import type { Arrival } from './ledger.ts';

/** `presence` does not come over a topic: the broker saw the connection come or go. */
export type IngestChannel = 'records' | 'status' | 'report' | 'presence';

/** A record that passed its schema. */
export interface GoodRecord {
  readonly seq: number;
  readonly record: RecordBody;
  readonly body: string;
  readonly picture: Uint8Array | undefined;
}

/** A record that did not. */
export interface BadRecord {
  readonly seq: number;
  readonly reason: string;
  readonly text: string;
}

export interface BatchContent {
  readonly kind: 'batch';
  readonly epoch: string;
  readonly arrival: Arrival;
  readonly good: readonly GoodRecord[];
  readonly bad: readonly BadRecord[];
  /** Set when the frame of the batch was refused, and with it all its numbers. */
  readonly refusedWhole?: string;
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
  /** False when the device has too many open holes: nothing is taken until they are filled. */
  readonly accepted: boolean;
}

export interface Message {
  readonly device: string;
  readonly channel: IngestChannel;
  readonly payload: Uint8Array;
  /** Wall clock of the hub, milliseconds since 1970. */
  readonly receivedAt: number;
  body?: unknown;
  content?: Content;
  /** Why the message as a whole goes into quarantine. */
  rejected?: string;
  view?: LedgerView;
  stored: StoredRecord[];
  quarantined: Refused[];
  /** Older entries of the quarantine that made room. */
  evicted: number;
  ack?: Ack;
}

export type { Refusal };
