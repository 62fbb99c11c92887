/**
 * Records: what an agent keeps in its outbox and the hub stores (ARCHITECTURE 3.4). Every record is small JSON; the only bulk is
 * the JPEG crop of an `event`, base64 in `snapshot.data`.
 *
 * Time: `wall` is a label that may be wrong, `mono` orders within a `boot`, `clock` says how far `wall` can be trusted.
 * Nothing is expired, reordered or deleted by `wall`.
 *
 * Schemas keep unknown keys, so that a hub stores what a newer agent adds.
 */
import { z } from 'zod';
import { box, count, MAX_TEXT, name, point } from '../names.ts';
import { contributions, expected, level } from './anomaly.ts';
import { details } from './detail.ts';

/**
 * Most bytes of one record's JSON, without the base64 text of its picture: far above what an agent makes (an event with a path
 * of 256 points takes 11 KB). The hub refuses a larger record alone.
 */
export const MAX_RECORD_BYTES = 128 * 1024;

/** Bounds on what a record's JSON may name, unknown keys included: a summary of 1,000 labels and 1,000 tracks has 2,100 values. */
export const RECORD_SHAPE = { maxDepth: 64, maxValues: 10_000 } as const;

/** Most bytes of the base64 text of a picture. */
export const MAX_PICTURE_TEXT = 512 * 1024;

/** Most keys of an object of counts or values. */
export const MAX_KEYS = 1000;

export const recordKinds = ['event', 'summary', 'reading', 'verdict', 'health', 'error', 'loss'] as const;
export type RecordKind = (typeof recordKinds)[number];

/**
 * Quality of the wall clock: `synced` (the system says it is disciplined), `unsynced`, or `wrong` (before 2026, or more than a
 * minute off the hub's).
 */
export const clockQuality = z.enum(['synced', 'unsynced', 'wrong']);

export const modelRef = z.looseObject({
  name,
  version: z.string().max(64),
  digest: z.string().max(128).describe('sha256:HEX of the variant file'),
  variant: z.string().max(32),
});

/** Names that a record may carry on. */
export const MAX_ORIGINS = 8;

/**
 * The names (epoch and number) that a record had before a damaged outbox file was replaced, oldest first. A hub that has it
 * under one of them drops it, and will drop it under each of them.
 */
export const origin = z
  .array(z.looseObject({ epoch: z.string().max(64), seq: z.number().int().positive() }))
  .max(MAX_ORIGINS);
export type Origin = z.infer<typeof origin>;

const envelope = {
  origin: origin.optional(),
  stream: name.optional(),
  model: modelRef.optional(),
  config: z.string().max(128).describe('revision of the configuration in force'),
  boot: z.string().max(64).describe('id of this start of the agent'),
  mono: z.number().nonnegative().describe('milliseconds of the monotonic clock since `boot`'),
  wall: z.number().describe('milliseconds since 1970 of the wall clock'),
  clock: clockQuality,
};

const score = z.number().min(0).max(1);

export const snapshot = z.looseObject({
  mime: z.literal('image/jpeg'),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
  data: z.base64().max(MAX_PICTURE_TEXT).describe('the JPEG crop, base64'),
});

const wide = { error: `must have at most ${MAX_KEYS} keys` };
const byName = <T extends z.ZodType>(value: T) =>
  z
    .record(z.string().max(128), value)
    .refine((object) => Object.keys(object).length <= MAX_KEYS, wide)
    .meta({ maxProperties: MAX_KEYS });

/** A rule fired. */
export const eventRecord = z.looseObject({
  kind: z.literal('event'),
  ...envelope,
  stream: name,
  rule: name,
  ruleKind: z.enum(['threshold', 'zone', 'line', 'absence', 'anomaly']),
  /**
   * What happened: `start`/`end` (threshold, absence, anomaly), `enter`/`leave`/`dwell` and `occupied`/`vacant` (zone),
   * `forward`/`backward` (line).
   */
  action: z.string().max(32),
  label: z.string().max(128),
  score,
  track: count.optional(),
  box: box.optional(),
  ...details,
  /** How many objects the rule counts now (threshold, zone) or has counted in this direction (line). */
  count: count.optional(),
  frame: count,
  ptsMs: z.number(),
  /** An anomaly's score in the model's own units, and from where on it is one. */
  value: z.number().optional(),
  threshold: z.number().optional(),
  level: level.optional(),
  /** Its greatest score so far, and at the end how long it has lasted. The fields below are of the moment of that score. */
  peak: z.number().optional(),
  durationMs: z.number().nonnegative().optional(),
  contributions: contributions.optional(),
  values: byName(z.number()).optional().describe('the last values, by channel'),
  expected: expected.optional(),
  path: z.array(point).max(256).optional().describe("the track's feet (middle of the box's lower side), oldest first"),
  snapshot: snapshot.optional(),
  sample: z
    .string()
    .max(64)
    .optional()
    .describe('id of the sample with which the hub was asked for a second opinion (`up/sample`)'),
});

const quantiles = z.looseObject({ p50: z.number(), p95: z.number(), max: z.number() });

/** A stream over an interval. */
export const summaryRecord = z.looseObject({
  kind: z.literal('summary'),
  ...envelope,
  stream: name,
  intervalMs: z.number().positive(),
  frames: count.describe('that came: the sum of the five that follow, give or take those on their way'),
  inferred: count,
  gated: count.describe('answered without the model'),
  dropped: count.describe('skipped because the runner was busy'),
  thinned: count
    .optional()
    .describe(
      'left out because the stream asks for fewer (`fps`), or outside of its active hours; absent: not counted',
    ),
  failed: count.describe('frames that ended in an error'),
  askedFps: z.number().positive().optional().describe('frames per second that the stream asks for; absent: all'),
  labels: byName(count).describe('detections by label'),
  tracks: byName(count).describe('tracks that began, by label'),
  scores: z.array(count).length(10).describe('histogram of detection scores, ten bins over 0 to 1'),
  latencyMs: quantiles.describe('per frame, decode to rules'),
  prepareMs: z
    .number()
    .nonnegative()
    .optional()
    .describe('median per frame, decoding and scaling: the same work with any model; absent: not pictures'),
});

/** Something failed and the rest goes on. `code` is stable and listed in shared/kit/errors.ts. */
export const errorRecord = z.looseObject({
  kind: z.literal('error'),
  ...envelope,
  code: z.string().max(64),
  message: z.string().max(MAX_TEXT),
  count: z.number().int().positive().describe('how many times since the last record of this code and stream'),
});

/** Records given up by policy: the exact range of sequence numbers, how many of them, and why. */
export const lossRecord = z.looseObject({
  kind: z.literal('loss'),
  ...envelope,
  epoch: z.string().max(64),
  from: count,
  to: count,
  lost: count,
  reason: z.string().max(256),
});

export const healthRecord = z.looseObject({ kind: z.literal('health'), ...envelope });
/** What a model said of a window of a sensor or of sound: at most one per second, and one at each change of `anomalous`. */
export const readingRecord = z.looseObject({
  kind: z.literal('reading'),
  ...envelope,
  stream: name,
  ptsMs: z.number().optional().describe('time of the last sample, from the start of the series'),
  score: z
    .number()
    .optional()
    .describe("in the model's units: of an anomaly the highest since the reading before; of a class 0 to 1"),
  threshold: z.number().optional(),
  anomalous: z.boolean().optional().describe('the score has reached the threshold'),
  label: z.string().max(128).optional().describe('the best class, of a model that gives classes'),
  values: byName(z.number()).optional().describe('the last values, by channel'),
  level: level.optional().describe('of an anomaly that lasts'),
  contributions: contributions.optional().describe('of an anomaly that lasts'),
  expected: expected.optional(),
});
export const verdictRecord = z.looseObject({ kind: z.literal('verdict'), ...envelope });

/** A record before the outbox has numbered it. */
export const recordBody = z.discriminatedUnion('kind', [
  eventRecord,
  summaryRecord,
  readingRecord,
  verdictRecord,
  healthRecord,
  errorRecord,
  lossRecord,
]);
export type RecordBody = z.infer<typeof recordBody>;

/** The keys that this version knows: without the index signature of the loose schema, which `Omit` would fall into. */
export type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

export type EventRecord = Known<z.infer<typeof eventRecord>>;
export type SummaryRecord = Known<z.infer<typeof summaryRecord>>;
export type ErrorRecord = Known<z.infer<typeof errorRecord>>;
export type ReadingRecord = Known<z.infer<typeof readingRecord>>;
export type LossRecord = Known<z.infer<typeof lossRecord>>;
export type ModelRef = z.infer<typeof modelRef>;
export type ClockQuality = z.infer<typeof clockQuality>;
