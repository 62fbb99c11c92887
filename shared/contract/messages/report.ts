/** `up/report`: what a device is running now. Sent after connecting, on change, and once per minute. */
import { z } from 'zod';
import { count, MAX_TEXT, name, point } from '../names.ts';
import { eraseAnswer, MAX_ERASE_ORDERS } from './erase.ts';
import { escalationReport } from './escalation-report.ts';
import { desiredReport, modelReport } from './model-report.ts';
import { modelRef } from './record.ts';

/**
 * `starting` (no frame or sample yet), `running` (they come, and are answered), `stalled` (none has come, or none was answered,
 * for too long), `waiting` (backing off after a failure), `refused` (bad config), `ended`.
 */
export const streamState = z.enum(['starting', 'running', 'stalled', 'waiting', 'refused', 'ended']);
export type StreamState = z.infer<typeof streamState>;

/**
 * What is wrong with the pictures that a camera gives: always the same (`frozen`), suddenly without detail (`covered`), or suddenly
 * black (`dark`).
 */
export const pictureFault = z.enum(['frozen', 'covered', 'dark']);
export type PictureFault = z.infer<typeof pictureFault>;

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
  stateS: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      'seconds in this state when the report was made; of `stalled` and `waiting`: since the last frame or sample',
    ),
  source: z.string().max(1024).describe('where it comes from, credentials removed'),
  model: modelRef.optional(),
  fps: z.number().nonnegative().describe('analysed frames per second over the last interval'),
  askedFps: z.number().positive().optional().describe('frames per second that it asks for; absent: all'),
  width: count.optional(),
  height: count.optional(),
  picture: pictureFault.optional().describe('what is wrong with the pictures that come; absent: nothing'),
  rules: z.array(ruleShape).max(256),
  error: z.string().max(MAX_TEXT).optional(),
});
export type StreamReport = z.infer<typeof streamReport>;

/** Bounds on the JSON of a report: 600 streams with two polygons each have 350 KB and 40,000 values. */
export const MAX_REPORT_BYTES = 512 * 1024;
export const REPORT_SHAPE = { maxDepth: 32, maxValues: 40_000, maxMembers: 1024 } as const;

/** Most bytes of JSON that all keys of a report together may take that a hub does not know; it leaves out those beyond. */
export const MAX_UNKNOWN_BYTES = 16 * 1024;

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
    timezone: z.string().max(64).optional().describe('in which schedules without a zone of their own are read'),
  }),
  process: z.looseObject({ rssMb: z.number(), uptimeS: z.number() }),
  outbox: z.looseObject({ epoch: z.string().max(64), waiting: count, bytes: count, lastSeq: count }),
  disk: z
    .looseObject({ freeMb: count, totalMb: count })
    .optional()
    .describe('the file system of the data folder, in MiB: what is free for the agent, and all; absent: not known'),
  clock: z
    .looseObject({ offsetMs: z.number(), withinMs: z.number() })
    .optional()
    .describe("to be added to the device's wall clock to have the hub's time, and how exact that is"),
  streams: z.array(streamReport).max(1024),
  takesPackages: z
    .boolean()
    .optional()
    .describe('its `agent.yaml` says where packages come from (`updates`); absent: an older agent'),
  models: z.record(name, modelReport).optional().describe("by the names of the device's own `models`"),
  escalation: escalationReport.optional().describe('absent: the device asks for no second opinions'),
  erase: z
    .array(eraseAnswer)
    .max(MAX_ERASE_ORDERS)
    .optional()
    .describe('of the orders that the document names; absent: a device that does not know them'),
  desired: desiredReport.optional().describe('absent until a desired document was taken up'),
});
export type Report = z.infer<typeof report>;
