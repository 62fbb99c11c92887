/** A line as pino wrote it, as the hub is sent it: with the contract's names, bounded, and without secrets. Pure. */
import {
  type LogLine,
  logLevels,
  MAX_LOG_FIELDS_BYTES,
  type ShippedLevel,
} from '../../shared/contract/messages/log.ts';
import { clipped } from '../../shared/contract/names.ts';
import { masked } from '../../shared/doctor/bundle/mask.ts';
import type { Redact } from '../../shared/doctor/bundle/redact.ts';

/** Of pino; `fatal` is an error too, and `trace` is debug. */
const STEPS: readonly (readonly [number, ShippedLevel])[] = [
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
];

/** The rank of a level: higher is more serious. */
export const rankOf = (level: ShippedLevel): number => logLevels.indexOf(level);

/** @returns the line without its number; undefined for a text that is no line of a log */
export function shippedLine(text: string, redact: Redact): Omit<LogLine, 'n'> | undefined {
  const parsed = parse(text);
  if (parsed === undefined) return undefined;
  const { level, time, name: _, component, msg, ...fields } = parsed;
  const wall = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  if (typeof level !== 'number' || Number.isNaN(wall)) return undefined;
  return {
    wall,
    level: STEPS.find(([least]) => level >= least)?.[1] ?? 'debug',
    component: typeof component === 'string' && component !== '' ? component.slice(0, 32) : 'agent',
    message: clipped(redact(typeof msg === 'string' ? msg : '')),
    ...fieldsOf(fields, redact),
  };
}

function fieldsOf(fields: Record<string, unknown>, redact: Redact): { fields?: Record<string, unknown> } {
  if (Object.keys(fields).length === 0) return {};
  const text = redact(JSON.stringify(masked(fields)));
  if (Buffer.byteLength(text) > MAX_LOG_FIELDS_BYTES)
    return { fields: { cut: text.slice(0, MAX_LOG_FIELDS_BYTES / 4) } };
  const shown = parse(text);
  return { fields: shown ?? { cut: text.slice(0, MAX_LOG_FIELDS_BYTES / 4) } };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
