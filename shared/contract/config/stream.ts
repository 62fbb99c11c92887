/** A stream: a source, the model that looks at it, and what is made of the results. Checked by agent and hub alike. */
import { z } from 'zod';
import { name } from '../names.ts';
import { labelThresholds } from '../thresholds.ts';
import { streamEscalation } from './escalate.ts';
import { gateConfig } from './gate.ts';
import { polygon } from './polygon.ts';
import { privacyConfig } from './privacy.ts';
import { refuseDuplicates } from './rule-names.ts';
import { followsTracks, refuseFollowers } from './rule-tracks.ts';
import { rule } from './rules.ts';
import { schedule } from './schedule.ts';
import { audioStream, sensorStream } from './sensor.ts';
import { sourceOrUrl } from './source.ts';
import { trackConfig } from './track.ts';

export const pictureStream = z
  .strictObject({
    kind: z.literal('picture').optional(),
    source: sourceOrUrl,
    model: name.describe('one of `models`'),
    fps: z.number().positive().max(240).optional().describe('most frames per second that are analysed; default: all'),
    threshold: z.number().min(0).max(1).optional().describe("score floor instead of the model's own"),
    thresholds: labelThresholds
      .optional()
      .describe('score floors of some labels, instead of `threshold`; what the hub tunes for the model comes first'),
    gate: z
      .union([z.literal(false), gateConfig])
      .default(false)
      .describe('answer frames in which nothing changes without the model; false: analyse every frame'),
    active: schedule.optional().describe('outside of these hours no frame is analysed; default: always'),
    track: z.union([z.literal(false), trackConfig]).default(() => trackConfig.parse({})),
    escalate: streamEscalation.optional().describe('ask the hub for second opinions; default: nothing is sent'),
    privacy: privacyConfig.optional().describe('what no picture of this stream may show'),
    ignore: z
      .array(polygon)
      .max(64)
      .default([])
      .describe('polygons in which objects do not count: one whose foot is in it is neither followed nor reported'),
    rules: z.array(rule).max(64).default([]),
    summaryS: z.number().min(1).max(3600).default(10).describe('seconds between `summary` records'),
  })
  .superRefine((stream, context) => {
    refuseDuplicates(stream.rules, context);
    if (stream.track === false)
      refuseFollowers(stream.rules, followsTracks, 'it needs a tracker, and `track` is false', context);
  });
export type PictureStream = z.infer<typeof pictureStream>;

/** `kind` says which; without one it is a stream of pictures. */
export const streamConfig = z.discriminatedUnion('kind', [pictureStream, sensorStream, audioStream], {
  error: ({ code }) => (code === 'invalid_union' ? 'must be picture (default), sensor or audio' : undefined),
});
export type StreamConfig = z.infer<typeof streamConfig>;

/** Does an online detector answer for it, and no model? */
export function isOnline(config: StreamConfig): boolean {
  return config.kind === 'sensor' && config.detector === 'online';
}

/** Labels that it names beside its rules. */
export interface NamedLabels {
  /** Of objects that no picture of it may show. */
  readonly hidden: readonly string[];
  /** With a threshold of their own. */
  readonly thresholds: readonly string[];
}

export function namedLabels(config: StreamConfig): NamedLabels {
  return {
    hidden: 'privacy' in config ? (config.privacy?.labels ?? []) : [],
    thresholds: 'thresholds' in config ? Object.keys(config.thresholds ?? {}) : [],
  };
}
