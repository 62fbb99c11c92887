/** Rules of a stream. Coordinates are fractions of the source frame; seconds are of the stream's own time. */
import { z } from 'zod';
import { name, point } from '../names.ts';
import { polygon, SAME_POINT } from './polygon.ts';
import { schedule } from './schedule.ts';

const seconds = z.number().min(0).max(604_800);

const common = {
  name: name.describe('names the rule in its events'),
  snapshot: z.boolean().default(true).describe('attach the JPEG crop of the object to the event'),
  minGapS: seconds
    .default(0)
    .describe('least seconds between two events of the same action; the end of a reported event is always reported'),
  schedule: schedule.optional().describe('only in these hours; each time they begin the rule begins afresh'),
};

const selection = {
  labels: z.array(z.string().min(1)).min(1).optional().describe('only these labels of the model; default: all'),
  minScore: z.number().min(0).max(1).optional().describe('only detections with at least this score'),
};

/** n of m frames, both ways. */
const hysteresis = (frames: number) => ({
  frames: z.number().int().min(1).max(1000).default(frames).describe('frames that must say so before it counts'),
  of: z.number().int().min(1).max(1000).optional().describe('of so many frames; default: `frames`, that is in a row'),
});

function ofAtLeastFrames(
  rule: { readonly frames: number; readonly of?: number | undefined },
  context: z.RefinementCtx,
) {
  if (rule.of !== undefined && rule.of < rule.frames)
    context.addIssue({ code: 'custom', path: ['of'], message: `must be at least \`frames\` (${rule.frames})` });
}

export const thresholdRule = z
  .strictObject({
    kind: z.literal('threshold'),
    ...common,
    ...selection,
    ...hysteresis(3),
    atLeast: z.number().int().min(1).max(1000).default(1).describe('how many objects make it true'),
  })
  .superRefine(ofAtLeastFrames);

export const zoneActions = ['enter', 'leave', 'dwell', 'occupied', 'vacant'] as const;

export const zoneRule = z
  .strictObject({
    kind: z.literal('zone'),
    ...common,
    ...selection,
    ...hysteresis(2),
    points: polygon.describe(
      "polygon, at least three points; an object is in it when its foot is; the picture's border belongs to it",
    ),
    leaveS: seconds
      .max(3600)
      .default(2)
      .describe('seconds without a break outside, until an object has left; one whose track ends has left at once'),
    dwellS: seconds.positive().optional().describe('`dwell` once a stay, so many seconds after the object came in'),
    occupancy: z
      .strictObject({
        atLeast: z.number().int().min(1).max(1000).describe('how many objects at once'),
        forS: seconds.default(0).describe('for so many seconds'),
      })
      .optional()
      .describe('`occupied` when so many are inside, `vacant` when they are fewer again'),
    actions: z.array(z.enum(zoneActions)).min(1).optional().describe('only these become events; default: all'),
  })
  .superRefine(ofAtLeastFrames)
  .superRefine(({ actions, dwellS, occupancy }, context) => {
    const needs = (index: number, field: string) =>
      context.addIssue({ code: 'custom', path: ['actions', index], message: `needs \`${field}\`` });
    actions?.forEach((action, index) => {
      if (action === 'dwell' && dwellS === undefined) needs(index, 'dwellS');
      if ((action === 'occupied' || action === 'vacant') && !occupancy) needs(index, 'occupancy');
    });
  });

export const lineRule = z
  .strictObject({
    kind: z.literal('line'),
    ...common,
    ...selection,
    ...hysteresis(1),
    points: z
      .tuple([point, point])
      .refine(([from, to]) => Math.hypot(to[0] - from[0], to[1] - from[1]) > SAME_POINT, {
        error: 'are the same: a line needs two points',
      })
      .describe('[from, to]; `forward` crosses it from its left to its right, seen while walking from `from` to `to`'),
    direction: z.enum(['forward', 'backward', 'both']).default('both'),
  })
  .superRefine(ofAtLeastFrames);

export const absenceRule = z
  .strictObject({
    kind: z.literal('absence'),
    ...common,
    ...selection,
    ...hysteresis(2),
    afterS: seconds.min(1).describe('`start` when none was seen for so many seconds, `end` when one is back'),
  })
  .superRefine(ofAtLeastFrames);

export const anomalyRule = z
  .strictObject({ kind: z.literal('anomaly'), ...common, ...hysteresis(3) })
  .superRefine(ofAtLeastFrames);

export const rule = z.discriminatedUnion('kind', [thresholdRule, zoneRule, lineRule, absenceRule, anomalyRule]);
export type Rule = z.infer<typeof rule>;
export type ThresholdRule = z.infer<typeof thresholdRule>;
export type ZoneRule = z.infer<typeof zoneRule>;
export type LineRule = z.infer<typeof lineRule>;
export type AbsenceRule = z.infer<typeof absenceRule>;
export type AnomalyRule = z.infer<typeof anomalyRule>;
