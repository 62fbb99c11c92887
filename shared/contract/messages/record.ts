/**
 * Records: what an agent keeps in its outbox and the hub stores (DESIGN 3.4). Every record is small JSON; the only bulk is
 * the JPEG crop of an `event`, base64 in `snapshot.data`.
 *
 * Time: `wall` is a label that may be wrong, `mono` orders within a `boot`, `clock` says how far `wall` can be trusted.
 * Nothing is expired, reordered or deleted by `wall`.
 *
 * Schemas keep unknown keys, so that a hub stores what a newer agent adds.
 */
import { z } from 'zod';
import { box, count, name, point } from '../names.ts';

export const recordKinds = ['event', 'summary', 'reading', 'verdict', 'health', 'error', 'loss'] as const;
export type RecordKind = (typeof recordKinds)[number];

/** Quality of the wall clock: `synced` (the system says it is disciplined), `unsynced`, or `wrong` (before the build date). */
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
  data: z
    .base64()
    .max(512 * 1024)
    .describe('the JPEG crop, base64'),
});

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
  /** How many objects the rule counts now (threshold, zone) or has counted in this direction (line). */
  count: count.optional(),
  frame: count,
  ptsMs: z.number(),
  /** An anomaly's score in the model's own units, and from where on it is one. */
  value: z.number().optional(),
  threshold: z.number().optional(),
  path: z.array(point).max(256).optional().describe("the track's feet (middle of the box's lower side), oldest first"),
  snapshot: snapshot.optional(),
});

const quantiles = z.looseObject({ p50: z.number(), p95: z.number(), max: z.number() });

/** A stream over an interval. */
export const summaryRecord = z.looseObject({
  kind: z.literal('summary'),
  ...envelope,
  stream: name,
  intervalMs: z.number().positive(),
  frames: count.describe('decoded'),
  inferred: count,
  gated: count.describe('answered without the model'),
  dropped: count.describe('skipped because the runner was busy'),
  failed: count.describe('frames that ended in an error'),
  labels: z.record(z.string().max(128), count).describe('detections by label'),
  tracks: z.record(z.string().max(128), count).describe('tracks that began, by label'),
  scores: z.array(count).length(10).describe('histogram of detection scores, ten bins over 0 to 1'),
  latencyMs: quantiles.describe('decode to rules, a frame'),
});

/** Something failed and the rest goes on. `code` is stable and listed in shared/kit/errors.ts. */
export const errorRecord = z.looseObject({
  kind: z.literal('error'),
  ...envelope,
  code: z.string().max(64),
  message: z.string().max(2048),
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
/** What a model said of a window of a sensor or of sound: at most one a second, and one at each change of `anomalous`. */
export const readingRecord = z.looseObject({
  kind: z.literal('reading'),
  ...envelope,
  stream: name,
  ptsMs: z.number().optional().describe('time of the last sample, from the start of the series'),
  score: z.number().optional().describe("in the model's units; of a class 0 to 1"),
  threshold: z.number().optional(),
  anomalous: z.boolean().optional().describe('the score has reached the threshold'),
  label: z.string().max(128).optional().describe('the best class, of a model that tells classes'),
  values: z.record(z.string().max(128), z.number()).optional().describe('the last values, by channel'),
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
type Known<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

export type EventRecord = Known<z.infer<typeof eventRecord>>;
export type SummaryRecord = Known<z.infer<typeof summaryRecord>>;
export type ErrorRecord = Known<z.infer<typeof errorRecord>>;
export type ReadingRecord = Known<z.infer<typeof readingRecord>>;
export type LossRecord = Known<z.infer<typeof lossRecord>>;
export type ModelRef = z.infer<typeof modelRef>;
export type ClockQuality = z.infer<typeof clockQuality>;
