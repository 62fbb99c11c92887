/**
 * The tables of alerts that are read with kysely, as types (tables.ts); the others have prepared statements only, as kysely's
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
  /** When the first one did. */
  told_at: number | null;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  /** So many steps of escalation were told. */
  steps: Generated<number>;
}

export interface AlertDeliveryTable {
  id: Generated<number>;
  /** Of the notification for this channel: the same for every try. */
  key: string;
  channel: string;
  /** The browser that it goes to, of a channel of browsers; else 0. */
  target: Generated<number>;
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
