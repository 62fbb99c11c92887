/**
 * The tables as types; only values of these types are ever written. Times are milliseconds since 1970; `at` is the device's wall clock (a label that may be wrong),
 * `received_at` the hub's. Ids rise in the order of receipt, and lists page by them.
 */
import type { Generated } from 'kysely';
import type { EnrolmentState } from '../contract/enrolment.ts';
import type { DeviceProgress, OutcomeState, RolloutStatus, Subject } from '../contract/rollout.ts';
import type { AlertDeliveryTable, AlertTable } from './alert-tables.ts';
import type {
  InvitationTable,
  PasswordTable,
  SecondFactorTable,
  SessionTable,
  SignInCodeTable,
  SubjectTable,
  TokenTable,
} from './identity-tables.ts';
import type {
  ChunkTable,
  CorrectionTable,
  EventTable,
  HoldTable,
  OpinionAgreementTable,
  OpinionTable,
  OpinionTotalTable,
  ProblemTable,
  RecordTable,
  SamplePictureTable,
  SnapshotTable,
} from './record-tables.ts';

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
  /** What was stored of it on its last day (days since 1970), and until when no more is taken (ingest/quota.ts). */
  usage_day: Generated<number>;
  usage_records: Generated<number>;
  usage_bytes: Generated<number>;
  paused_until: number | null;
}

export interface SequenceTable {
  device: string;
  epoch: string;
  up_to: number;
  records: number;
  created_at: number;
  /** As JSON: the starts whose records are here (`Start` of the contract), oldest first. */
  line: Generated<string>;
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
  /** The id that people see, and that goes into the hash of cohorts. */
  key: string;
  /** What it changes on devices: `model:NAME` or `streams`. */
  subject: Subject;
  plan: string;
  status: RolloutStatus;
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
  /** `waiting`, `working`, `active` or `failed`. */
  outcome: OutcomeState;
  /** What it is at; null: it is not at work. */
  phase: NonNullable<DeviceProgress['phase']> | null;
  /** Where it failed; null: it did not. */
  stage: NonNullable<DeviceProgress['stage']> | null;
  /** The device's own words. */
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
  /** Null: no request, or an older row. */
  address: string | null;
  /** See audit-chain.ts. */
  digest: string;
}

export interface ClaimTable {
  id: Generated<number>;
  hash: string;
  labels: string;
  uses: number;
  used: Generated<number>;
  /** 0 or 1. */
  approve: number;
  expires_at: number;
  created_at: number;
  created_by: string;
  revoked_at: number | null;
}

export interface EnrolmentTable {
  id: Generated<number>;
  claim: number;
  device: string;
  key: string;
  state: EnrolmentState;
  address: string;
  asked_at: number;
  decided_by: string | null;
}

export interface CertificateTable {
  id: Generated<number>;
  serial: string;
  device: string;
  key: string;
  pem: string;
  issued_at: number;
  ends_at: number;
  revoked_at: number | null;
  reason: string | null;
}

export interface Tables {
  alerts: AlertTable;
  alert_deliveries: AlertDeliveryTable;
  claims: ClaimTable;
  enrolments: EnrolmentTable;
  certificates: CertificateTable;
  devices: DeviceTable;
  events: EventTable;
  summaries: ChunkTable;
  readings: ChunkTable;
  problems: ProblemTable;
  records: RecordTable;
  snapshots: SnapshotTable;
  sequences: SequenceTable;
  sequence_ranges: SequenceRangeTable;
  sequence_gaps: SequenceReasonTable;
  losses: SequenceReasonTable;
  quarantine: QuarantineTable;
  quarantine_totals: QuarantineTotalTable;
  tokens: TokenTable;
  passwords: PasswordTable;
  invitations: InvitationTable;
  sessions: SessionTable;
  sign_in_codes: SignInCodeTable;
  subjects: SubjectTable;
  second_factors: SecondFactorTable;
  models: ModelTable;
  model_aliases: ModelAliasTable;
  stream_sets: StreamSetTable;
  desired: DesiredTable;
  rollouts: RolloutTable;
  rollout_devices: RolloutDeviceTable;
  rollout_history: RolloutHistoryTable;
  audit: AuditTable;
  opinions: OpinionTable;
  opinion_totals: OpinionTotalTable;
  opinion_agreements: OpinionAgreementTable;
  corrections: CorrectionTable;
  holds: HoldTable;
  sample_pictures: SamplePictureTable;
}
