/** Second opinions: what the hub's model said of a sample of a device. */
import { z } from 'zod';
import { detection } from '../../shared/contract/messages/preview.ts';
import { sampleEvent, sampleId } from '../../shared/contract/messages/sample.ts';
import { opinions } from '../../shared/contract/messages/verdict.ts';
import { count, name } from '../../shared/contract/names.ts';
import { labelThresholds } from '../../shared/contract/thresholds.ts';
import { interval } from './threshold.ts';
import { time } from './time.ts';

/** Of an event: `confirmed`, `changed` (another label) or `withdrawn`; what the edge said stays beside it. */
export const eventOpinion = z.object({
  outcome: z.enum(opinions),
  label: z.string().optional().describe('what the hub sees there'),
  score: z.number().optional(),
  model: z.string().describe('of the hub: name@version (variant)'),
  at: time,
});
export type EventOpinion = z.infer<typeof eventOpinion>;

export const opinion = z.object({
  id: z.string(),
  device: name,
  stream: name,
  sample: sampleId,
  receivedAt: time,
  outcome: z.enum(opinions),
  chosenBy: z.array(z.string()),
  event: sampleEvent.optional().describe('what the event said; absent: the sample was about a frame'),
  edge: z.object({
    model: z.string().optional(),
    threshold: z.number().optional().describe('score from which on its objects counted; absent: of before it was kept'),
    thresholds: labelThresholds.optional().describe('instead of `threshold`, by label'),
    floor: z
      .number()
      .optional()
      .describe('`objects` has all from this score on; absent: it may lack such that do not count'),
    objects: z.array(detection),
  }),
  hub: z.object({
    model: z.string(),
    label: z.string().optional(),
    score: z.number().optional(),
    objects: z.array(detection),
  }),
  bytes: count.describe('of the sample'),
  ms: z.number().describe('that the hub computed'),
});
export type Opinion = z.infer<typeof opinion>;

/** What second opinions have cost and said, per stream. */
export const hybridStream = z.object({
  device: name,
  stream: name,
  since: time.describe('of the first sample'),
  samples: count,
  bytes: count,
  hubMs: z.number(),
  confirmed: count.describe('of the samples about events'),
  changed: count,
  withdrawn: count,
  agreement: interval.optional().describe('random frames in which hub and edge see the same; absent: none was sent'),
  everyFrame: z
    .object({ samples: count, bytes: z.number(), hubMs: z.number() })
    .optional()
    .describe('the same for every analysed frame: frames of the summaries since the first sample, times the mean'),
});
export type HybridStream = z.infer<typeof hybridStream>;

/** What a stream has chosen, and what became of it, as its device says: totals since its data folder was made. */
export const askingStream = z.object({
  device: name,
  stream: name,
  chosen: count.describe('by its selectors'),
  sent: count.describe('also those that were sent again'),
  refused: count.describe('by the hub'),
  unsent: z
    .record(z.string(), count)
    .describe('given up, by reason: budget, too-large, queue-full, late, unanswered, disk, erased, key-lost'),
});
export type AskingStream = z.infer<typeof askingStream>;

/** A model that gives second opinions. */
export const hybridModel = z.object({
  wanted: z.string().describe('the setting: NAME:ALIAS or NAME@VERSION'),
  model: z.string().optional().describe('that answers: name@version; absent: none was asked yet'),
  state: z.enum(['waiting', 'ready', 'failed']),
  reason: z.string().optional(),
  waiting: count.describe('samples in its queue'),
  answered: count.describe('samples, since the hub started'),
  batching: z
    .object({
      most: count.describe('pictures of one run; 1: each alone'),
      gain: z.number().optional().describe('how many times as fast together, as it was measured when it was loaded'),
      reason: z.string().optional().describe('why each runs alone'),
    })
    .optional()
    .describe('absent: it is not loaded yet'),
});
export type HybridModel = z.infer<typeof hybridModel>;

export const hybrid = z.object({
  model: z.string().optional().describe('that answers, or the first that fails: name@version; absent: none'),
  wanted: z.string().optional().describe('the setting: NAME:ALIAS or NAME@VERSION'),
  state: z.enum(['off', 'waiting', 'ready', 'failed']),
  reason: z.string().optional(),
  waiting: count.describe('samples in the queue'),
  refused: z.record(z.string(), count).describe('by reason, since the hub started'),
  models: z.array(hybridModel).describe('the one for all samples that no rule names first'),
  cache: z
    .object({ hits: count, misses: count, entries: count, bytes: count })
    .describe('pictures that were looked at before, since the hub started'),
  streams: z.array(hybridStream),
  asking: z.array(askingStream).describe('by device and stream; at most 500'),
});
export type Hybrid = z.infer<typeof hybrid>;
