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
  /** As JSON. */
  labels: string;
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

interface MadeColumns {
  id: Generated<number>;
  created_at: number;
  created_by: string;
}

export interface ModelTable extends MadeColumns {
  name: string;
  version: string;
  digest: string;
  bytes: number;
  /** `manifest`, `labels` and `metrics` as JSON. */
  manifest: string;
  labels: string;
  metrics: string;
}

export interface ModelAliasTable {
  name: string;
  alias: string;
  version: string;
  changed_at: number;
  changed_by: string;
}

export interface StreamSetTable extends MadeColumns {
  revision: string;
  name: string;
  /** The streams by name, as JSON. */
  body: string;
}

export interface DesiredTable {
  device: string;
  revision: string;
  /** The document as it is sent, as JSON. */
  body: string;
  changed_at: number;
}

export interface RolloutTable extends MadeColumns {
  /** Its id for people and for the hash of cohorts. */
  key: string;
  /** What it changes on devices: `model:NAME` or `streams`. */
  subject: string;
  plan: string;
  status: string;
  wave: number;
  settled_at: number | null;
  /** `waived` and `gates` as JSON. */
  waived: string;
  gates: string;
  /** Of the last decision. */
  reason: string;
  changed_at: number;
}

export interface RolloutDeviceTable {
  rollout: number;
  device: string;
  wave: number;
  asked_at: number;
  /** What the device should run of this subject before, as JSON; null: nothing was said. */
  previous: string | null;
  /** `waiting`, `working`, `active` or `failed`, and why. */
  outcome: string;
  reason: string;
}

export interface RolloutHistoryTable {
  id: Generated<number>;
  rollout: number;
  at: number;
  actor: string;
  action: string;
  reason: string;
  detail: string;
}

export interface AuditTable {
  id: Generated<number>;
  at: number;
  actor: string;
  action: string;
  subject: string;
  detail: string;
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
  models: ModelTable;
  model_aliases: ModelAliasTable;
  stream_sets: StreamSetTable;
  desired: DesiredTable;
  rollouts: RolloutTable;
  rollout_devices: RolloutDeviceTable;
  rollout_history: RolloutHistoryTable;
  audit: AuditTable;
}
