/** The tables of what devices sent, and of second opinions on it, as types (tables.ts). */
import type { ColumnType, Generated } from 'kysely';
import type { Opinion } from '../../shared/contract/messages/verdict.ts';
import type { CorrectionVerdict } from '../contract/correction.ts';

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
  /** Of its second opinion. */
  sample: string | null;
}

/** Records of one device, epoch and stream; see chunks/. */
export interface ChunkTable {
  /** The highest id of its records, and the lowest. */
  id: number;
  first_id: number;
  device: string;
  epoch: string;
  stream: string;
  from_seq: number;
  to_seq: number;
  /** The lowest and the highest wall time of its records, and when they came. */
  from_at: number;
  to_at: number;
  from_received: number;
  to_received: number;
  /** 1 when the clock of one of them was wrong. */
  wrong: number;
  records: number;
  /** 1 when it is small, and may be merged with others. */
  open: number;
  data: ColumnType<Uint8Array, Uint8Array, never>;
}

export interface ProblemTable extends ReceivedColumns {
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

export interface OpinionTable {
  id: Generated<number>;
  device: string;
  stream: string;
  sample: string;
  received_at: number;
  outcome: Opinion;
  /** `OpinionBody` as JSON. */
  body: string;
}

/** At most one per event. */
export interface CorrectionTable {
  event_id: number;
  verdict: CorrectionVerdict;
  /** Of `other`. */
  label: string | null;
  at: number;
  actor: string;
}

/** At most one per event. */
export interface HoldTable {
  event_id: number;
  reason: string;
  at: number;
  actor: string;
}

export interface SamplePictureTable {
  opinion_id: number;
  at: number;
  bytes: number;
  width: number;
  height: number;
  /** The part of the source frame that it shows: a box, as JSON. */
  region: string;
  /** What tells near-duplicates: 64 hexadecimal digits. */
  hash: string;
  picture: ColumnType<Uint8Array, Uint8Array, never>;
}

export interface OpinionTotalTable {
  device: string;
  stream: string;
  first_at: number;
  samples: number;
  bytes: number;
  hub_ms: number;
  /** Of the samples about events. */
  confirmed: number;
  changed: number;
  withdrawn: number;
  /** Frames that chance alone chose, and those in which hub and edge saw the same. */
  chance: number;
  chance_same: number;
}

/** Frames that chance chose, by who looked at them. */
export interface OpinionAgreementTable {
  device: string;
  stream: string;
  /** name@version */
  edge_model: string;
  hub_model: string;
  frames: number;
  /** In which both saw the same. */
  same: number;
  last_at: number;
}
