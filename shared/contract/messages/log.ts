/**
 * `up/log`: lines of a device's log, behind its records, and `down/command` of kind `log`, which changes how much it says.
 *
 * 1. `n` rises by one per line of a start (`boot`). A device may send lines again; the hub keeps each once. A number that never comes was
 *    dropped: `dropped` counts them.
 * 2. Lines hold no secrets: the device blanks them before it sends (shared/doctor/bundle/redact.ts).
 * 3. Nothing is acknowledged, and nothing depends on it: a hub that does not know the channel ignores it.
 * 4. A `log` command replaces the one before, and holds for `seconds` of the device's own time: a clock that is wrong or was set ends nothing
 *    early. A level of no component: that of the device's configuration.
 */
import { z } from 'zod';
import { count, MAX_TEXT } from '../names.ts';
import type { ShapeLimits } from '../shape.ts';
import type { Known } from './record.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type ShippedLevel = (typeof logLevels)[number];

/** The parts of an agent whose level can be changed. */
export const logComponents = [
  'agent',
  'buffer',
  'sync',
  'models',
  'runner',
  'escalate',
  'identity',
  'erase',
  'api',
] as const;
export type LogComponent = (typeof logComponents)[number];

export const MAX_LOG_LINES = 500;
/** Of the JSON of `fields` of one line. */
export const MAX_LOG_FIELDS_BYTES = 4096;
/** Of a batch, unpacked. */
export const MAX_LOG_BYTES = 512 * 1024;
export const LOG_SHAPE: ShapeLimits = { maxDepth: 8, maxValues: 20_000 };

export const logLine = z.looseObject({
  n: count,
  wall: z.number().describe("the device's wall clock, milliseconds since 1970"),
  level: z.enum(logLevels),
  component: z.string().min(1).max(32),
  message: z.string().max(MAX_TEXT),
  fields: z.record(z.string().max(64), z.unknown()).optional().describe('what else the line says'),
});
export type LogLine = Known<z.infer<typeof logLine>>;

export const logBatch = z.looseObject({
  boot: z.string().min(1).max(64),
  lines: z.array(logLine).min(1).max(MAX_LOG_LINES),
  dropped: count.optional().describe('lines of this start that were not sent: over the budget, or too many at once'),
});
export type LogBatch = Known<z.infer<typeof logBatch>>;

/** Longest time for which a level is changed. */
export const MAX_LEVEL_S = 7 * 86_400;

export const logCommand = z.looseObject({
  kind: z.literal('log'),
  /** By component; one that the device does not have is left out there. */
  levels: z.record(z.string().min(1).max(32), z.enum(logLevels)),
  seconds: z.number().min(0).max(MAX_LEVEL_S),
});
export type LogCommand = Known<z.infer<typeof logCommand>>;
