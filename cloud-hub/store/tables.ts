/**
 * The tables as types. Times are milliseconds since 1970; `at` is the device's wall clock (a label that may be wrong),
 * `received_at` the hub's. Ids rise in the order of receipt, and lists page by them.
 */
import type { ColumnType, Generated } from 'kysely';

export interface DeviceTable {
  id: string;
  created_at: number;
  token_hash: string;
  /** 0 or 1. */
  online: number;
  last_seen_at: number | null;
  version: string | null;
  /** The latest `up/report`, as JSON. */
  report: string | null;
}

interface ReceivedColumns {
  id: Generated<number>;
  device: string;
  epoch: string;
  seq: number;
  at: number;
  received_at: number;
  /** 1 when later records of the same device and epoch were received before. */
  backfill: Generated<number>;
  /** The record as the device sent it, as JSON (without the picture of a snapshot). */
  body: string;
}

export interface EventTable extends ReceivedColumns {
  stream: string;
  rule: string;
  label: string;
  /** 1 when `snapshots` holds a picture under the event's id. */
  has_snapshot: number;
}

export interface SummaryTable extends ReceivedColumns {
  stream: string;
}

export interface ReadingTable extends ReceivedColumns {
  stream: string;
  /** As in the body, for what is summed up. */
  score: number | null;
  /** 0 or 1. */
  anomalous: number | null;
}

export interface TroubleTable extends ReceivedColumns {
  stream: string | null;
  kind: string;
  code: string;
}

export interface RecordTable extends ReceivedColumns {
  stream: string | null;
  kind: string;
}

export interface SnapshotTable {
  event_id: number;
  mime: string;
  picture: ColumnType<Uint8Array, Uint8Array, never>;
}

export interface SequenceTable {
  device: string;
  epoch: string;
  up_to: number;
  records: number;
  created_at: number;
}

export interface SequenceRangeTable {
  device: string;
  epoch: string;
  from_seq: number;
  to_seq: number;
}

export interface SequenceReasonTable extends SequenceRangeTable {
  reason: string;
}

export interface QuarantineTable {
  id: Generated<number>;
  device: string;
  received_at: number;
  reason: string;
  bytes: number;
  epoch: string | null;
  from_seq: number | null;
  to_seq: number | null;
  digest: string;
  /** What was refused, cut off after a bound. */
  payload: Uint8Array;
}

export interface QuarantineTotalTable {
  device: string;
  entries: number;
  bytes: number;
  evicted: number;
}

export interface TokenTable {
  id: Generated<number>;
  name: string;
  role: string;
  hash: string;
  created_at: number;
}

export interface SessionTable {
  hash: string;
  role: string;
  name: string;
  expires_at: number;
}

export interface SignInCodeTable {
  hash: string;
  role: string;
  expires_at: number;
}

export interface Tables {
  devices: DeviceTable;
  events: EventTable;
  summaries: SummaryTable;
  readings: ReadingTable;
  troubles: TroubleTable;
  records: RecordTable;
  snapshots: SnapshotTable;
  sequences: SequenceTable;
  sequence_ranges: SequenceRangeTable;
  sequence_gaps: SequenceReasonTable;
  losses: SequenceReasonTable;
  quarantine: QuarantineTable;
  quarantine_totals: QuarantineTotalTable;
  tokens: TokenTable;
  sessions: SessionTable;
  sign_in_codes: SignInCodeTable;
}
