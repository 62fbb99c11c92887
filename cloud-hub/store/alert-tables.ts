/**
 * The tables of alerts that are read with kysely, as types (tables.ts); the other four have prepared statements only, as kysely's
 * types give up with 35 tables. Times are milliseconds since 1970.
 */
import type { Generated } from 'kysely';
import type { DeliveryState } from '../contract/alert.ts';

export interface AlertTable {
  id: Generated<number>;
  rule: string;
  device: string;
  subject: string;
  severity: string;
  since: number;
  fired_at: number;
  changed_at: number;
  /** Null: it fires. */
  resolved_at: number | null;
  text: string;
  count: number;
  event_id: number | null;
  /** 1: this change is in no notification yet. */
  untold: number;
  /** 1: a notification said that it fires. */
  told: number;
}

export interface AlertDeliveryTable {
  id: Generated<number>;
  /** Of the notification for this channel: the same for every try. */
  key: string;
  channel: string;
  rule: string;
  /** The notification, as JSON. */
  body: string;
  state: DeliveryState;
  tries: number;
  created_at: number;
  next_at: number;
  done_at: number | null;
  reason: string | null;
}
