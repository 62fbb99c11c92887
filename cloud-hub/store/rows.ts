/** Conversions between columns and values of the API. */
import type { ModelRef } from '../../shared/contract/messages/record.ts';

/** 9999-12-31T23:59:59.999Z: the last instant that ISO 8601 writes with four digits of year. */
const LAST_TIME = 253_402_300_799_999;

/** A wall time as a column: whole milliseconds from 1970 to 9999. A time of a wrong clock is clamped to that range, not refused. */
export function timeColumn(ms: number): number {
  return Math.round(Math.min(LAST_TIME, Math.max(0, ms)));
}

export function isoTime(ms: number): string {
  return new Date(timeColumn(ms)).toISOString();
}

/** Text for an indexed column: NUL, which PostgreSQL does not store, is replaced. The record's body keeps it. */
export function indexText(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}

/** `yolox-nano@1.0.0 (int8)`. */
export function modelText(model: ModelRef): string {
  return `${model.name}@${model.version} (${model.variant})`;
}

/** An id from outside as a row number; undefined when it cannot be one. */
export function rowNumber(id: string): number | undefined {
  return /^[1-9][0-9]{0,15}$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : undefined;
}
