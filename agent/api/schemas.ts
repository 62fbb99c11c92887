/** The answers of the local API. */
import { z } from 'zod';
import { detection } from '../../shared/contract/messages/preview.ts';
import { modelRef } from '../../shared/contract/messages/record.ts';
import { pictureFault, ruleShape, streamState } from '../../shared/contract/messages/report.ts';
import { count, name } from '../../shared/contract/names.ts';

const time = z.iso.datetime().describe("this machine's wall clock");
const ms = z.number().nonnegative();

export const stream = z.object({
  id: name,
  state: streamState,
  stateS: z.number().describe('seconds in this state; of `stalled` and `waiting`: since the last frame or sample'),
  source: z.string().describe('credentials removed'),
  model: modelRef.optional(),
  width: count.optional(),
  height: count.optional(),
  picture: pictureFault.optional().describe('what is wrong with the pictures that come; absent: nothing'),
  fps: z.number().describe('analysed frames per second over the last summary interval'),
  rules: z.array(ruleShape),
  askedFps: z.number().optional().describe('frames per second that it asks for; absent: all'),
  frames: z.object({
    decoded: count,
    inferred: count,
    gated: count,
    dropped: count,
    thinned: count.describe('left out because the stream asks for fewer'),
    failed: count,
  }),
  latencyMs: z
    .object({ p50: ms, p95: ms, max: ms })
    .optional()
    .describe('decode to rules, over the last summary interval'),
  error: z.string().optional().describe('why it does not run'),
  lastError: z.object({ code: z.string(), message: z.string(), time }).optional(),
});
export const streamList = z.object({ items: z.array(stream) });

const outcome = z.discriminatedUnion('task', [
  z.object({ task: z.literal('detect'), detections: z.array(detection) }),
  z.object({ task: z.literal('classify'), classes: z.array(z.object({ label: z.string(), score: z.number() })) }),
  z.object({ task: z.literal('anomaly'), score: z.number(), threshold: z.number(), anomalous: z.boolean() }),
  z.object({ task: z.literal('embed'), length: count }),
]);

export const latest = z.object({
  stream: name,
  time,
  ageMs: ms,
  frame: count,
  ptsMs: z.number(),
  outcome,
  timingMs: z.object({ decode: z.number(), preprocess: z.number(), infer: z.number(), postprocess: z.number() }),
});

export const outbox = z.object({
  epoch: z.string(),
  waiting: count.describe('records that the hub has not acknowledged'),
  bytes: count.describe('of their JSON'),
  bytesOnDisk: count,
  quotaBytes: count,
  lastSeq: count,
  inMemory: count.describe('records that wait for the disk'),
  blocked: z.string().optional().describe('why nothing can be written to the disk'),
  refused: count,
  givenUp: count,
  hub: z.object({ configured: z.boolean(), connected: z.boolean() }),
});

export const ok = z.object({ status: z.literal('ok') });

export const streamParams = z.object({ id: name });
const width = z.coerce.number().int().min(64).max(1920).default(960).describe('longer side in pixels');
const wait = (seconds: number) =>
  z.coerce.number().min(0.1).max(30).default(seconds).describe('seconds to wait for the next one');

export const latestQuery = z.object({ wait: wait(2) });
export const pictureQuery = z.object({ width, wait: wait(5) });
export const mjpegQuery = z.object({ width, fps: z.coerce.number().min(0.1).max(15).default(5) });
