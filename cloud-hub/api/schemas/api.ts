/**
 * What the admin API answers, as schemas: routes validate with them, OpenAPI is made of them, and the dashboard takes its
 * types from them. Times are ISO 8601 in UTC.
 */
import { z } from 'zod';
import { desiredReport, modelReport } from '../../../shared/contract/messages/model-report.ts';
import { streamReport } from '../../../shared/contract/messages/report.ts';
import { box, count, name } from '../../../shared/contract/names.ts';

export const time = z.iso.datetime();

/** A page of a list: `next` is the cursor of the following page, absent on the last. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().optional() });

/** Query of every list. */
export const pageQuery = z.object({
  cursor: z.string().max(256).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export const role = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof role>;

/** One epoch of a device's outbox: what has come, and the exact ranges that never will. */
export const sequence = z.object({
  epoch: z.string(),
  upTo: count.describe('every number up to it is settled'),
  records: count.describe('records stored'),
  gaps: z.array(z.object({ from: count, to: count, reason: z.string() })),
});

export const device = z.object({
  id: name,
  online: z.boolean(),
  version: z.string().optional(),
  createdAt: time,
  lastSeenAt: time.optional(),
  streams: z.array(streamReport),
  host: z.looseObject({}).optional(),
  outbox: z.looseObject({ waiting: count, bytes: count }).optional(),
  labels: z.record(z.string(), z.string()).optional().describe('absent when there are none'),
  models: z.record(z.string(), modelReport).optional().describe('slots of each of its models'),
  desired: desiredReport.optional().describe('the desired document that it has taken up'),
});
export type Device = z.infer<typeof device>;

export const newDevice = z.object({ id: name });
export const deviceSecret = z.object({
  id: name,
  token: z.string().describe('shown once; the password of the device for MQTT'),
});

export const event = z.object({
  id: z.string(),
  device: name,
  stream: name,
  rule: name,
  ruleKind: z.string(),
  action: z.string(),
  label: z.string(),
  score: z.number(),
  track: count.optional(),
  box: box.optional(),
  count: count.optional(),
  value: z.number().optional().describe("of an anomaly: its score in the model's own units"),
  threshold: z.number().optional().describe('from where on `value` is an anomaly'),
  ptsMs: z.number(),
  at: time.describe("the device's wall clock; see `clock`"),
  receivedAt: time,
  clock: z.string(),
  model: z.string().optional().describe('name@version (variant)'),
  snapshot: z.string().optional().describe('id for /api/v1/snapshots/{id}'),
  backfill: z.literal(true).optional().describe('received after later records of the same device'),
});
export type Event = z.infer<typeof event>;

export const summary = z.object({
  id: z.string(),
  device: name,
  stream: name,
  at: time.describe('end of the interval'),
  intervalMs: z.number(),
  frames: count,
  inferred: count,
  gated: count,
  dropped: count,
  failed: count,
  labels: z.record(z.string(), count).describe('detections by label'),
  tracks: z.record(z.string(), count).describe('tracks that began, by label'),
  scores: z.array(count),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), max: z.number() }),
});
export type Summary = z.infer<typeof summary>;

const values = z.record(z.string(), z.number());

/** What a model said of a window of a sensor or of sound. */
export const reading = z.object({
  id: z.string(),
  device: name,
  stream: name,
  at: time.describe("the device's wall clock; see `clock`"),
  receivedAt: time,
  clock: z.string(),
  ptsMs: z.number().optional(),
  score: z.number().optional().describe("in the model's units; of a class 0 to 1"),
  threshold: z.number().optional(),
  anomalous: z.boolean().optional().describe('the score has reached the threshold'),
  label: z.string().optional().describe('the best class, of a model that tells classes'),
  values: values.optional().describe('the last values, by channel'),
  model: z.string().optional().describe('name@version (variant)'),
});
export type Reading = z.infer<typeof reading>;

/** A span of a stream's readings, summed up. */
export const readingBucket = z.object({
  at: time.describe('where the span begins'),
  readings: count.describe('how many'),
  anomalous: count.describe('how many of them were anomalous'),
  score: z.number().optional().describe('the highest'),
  threshold: z.number().optional().describe('of the last reading'),
  values: values.optional().describe('of the last reading'),
});
export type ReadingBucket = z.infer<typeof readingBucket>;

/** An `error` or `loss` record. */
export const trouble = z.object({
  id: z.string(),
  device: name,
  stream: name.optional(),
  at: time,
  kind: z.enum(['error', 'loss']),
  code: z.string(),
  message: z.string(),
  count: count,
});
export type Trouble = z.infer<typeof trouble>;

export const quarantined = z.object({
  id: z.string(),
  device: name,
  receivedAt: time,
  reason: z.string(),
  bytes: count,
  epoch: z.string().optional(),
  from: count.optional(),
  to: count.optional(),
});
export type Quarantined = z.infer<typeof quarantined>;

/** Sign in with a one-time code or a token; the answer sets the session cookie. */
export const signIn = z.union([
  z.strictObject({ code: z.string().max(128) }),
  z.strictObject({ token: z.string().max(256) }),
]);
export const identity = z.object({ role, name: z.string() });
export type Identity = z.infer<typeof identity>;
export const signInCode = z.object({ code: z.string(), expiresAt: time });
