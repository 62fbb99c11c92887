/** `up/report`: what a device is running now. Sent after connecting, on change, and once a minute. */
import { z } from 'zod';
import { count, name, point } from '../names.ts';
import { desiredReport, modelReport } from './model-report.ts';
import { modelRef } from './record.ts';

/** `starting` (no frame yet), `running`, `waiting` (backing off after a failure), `refused` (bad config), `ended`. */
export const streamState = z.enum(['starting', 'running', 'waiting', 'refused', 'ended']);
export type StreamState = z.infer<typeof streamState>;

/** The geometry of a rule, for drawing it over the picture. */
export const ruleShape = z.looseObject({
  name,
  kind: z.string().max(32),
  points: z.array(point).max(64).optional(),
});

export const streamReport = z.looseObject({
  id: name,
  kind: z.enum(['picture', 'sensor', 'audio']).optional().describe('only a stream of pictures (default) has a preview'),
  state: streamState,
  source: z.string().max(1024).describe('where it comes from, credentials removed'),
  model: modelRef.optional(),
  fps: z.number().nonnegative().describe('analysed frames a second over the last interval'),
  width: count.optional(),
  height: count.optional(),
  rules: z.array(ruleShape).max(256),
  error: z.string().max(2048).optional(),
});
export type StreamReport = z.infer<typeof streamReport>;

export const report = z.looseObject({
  version: z.string().max(64),
  boot: z.string().max(64),
  config: z.string().max(128),
  host: z.looseObject({
    platform: z.string().max(64),
    arch: z.string().max(32),
    cpus: count,
    memoryMb: count,
    name: z.string().max(256),
  }),
  process: z.looseObject({ rssMb: z.number(), uptimeS: z.number() }),
  outbox: z.looseObject({ epoch: z.string().max(64), waiting: count, bytes: count, lastSeq: count }),
  clock: z
    .looseObject({ offsetMs: z.number(), withinMs: z.number() })
    .optional()
    .describe("to be added to the device's wall clock to have the hub's time, and how exact that is"),
  streams: z.array(streamReport).max(1024),
  models: z.record(name, modelReport).optional().describe("by the names of the device's own `models`"),
  desired: desiredReport.optional().describe('absent until a desired document was taken up'),
});
export type Report = z.infer<typeof report>;
