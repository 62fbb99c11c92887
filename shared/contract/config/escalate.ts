/** Which pictures a stream sends to the hub for a second opinion, and how much that may cost. */
import { z } from 'zod';
import { name } from '../names.ts';

const share = z.number().min(0).max(1);

export const selector = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('event').describe('every event that has an object or a count'),
    rules: z.array(name).min(1).max(64).optional().describe('only of these rules; default: all'),
  }),
  z
    .strictObject({
      kind: z.literal('score').describe('an object whose score is in a band'),
      from: share.default(0.3),
      to: share.default(0.6),
      againS: z.number().min(0).max(3600).default(30).describe('the same track is not chosen again for so long'),
    })
    .refine(({ from, to }) => from < to, { path: ['to'], error: 'must be above `from`' }),
  z.strictObject({
    kind: z.literal('margin').describe('an object just above or below the threshold, or two classes close together'),
    within: share.default(0.1).describe('distance of the score from the threshold, or of the two best classes'),
    againS: z.number().min(0).max(3600).default(30).describe('the same track is not chosen again for so long'),
  }),
  z.strictObject({
    kind: z
      .literal('entropy')
      .describe('an object that may as well be none, or classes among which the model is undecided'),
    atLeast: share
      .default(0.9)
      .describe('entropy: of an object 1 at a score of a half, 0.9 at 0.32 and 0.68; of classes 1 where all are alike'),
    againS: z.number().min(0).max(3600).default(30).describe('the same track is not chosen again for so long'),
  }),
  z.strictObject({
    kind: z.literal('flicker').describe('an object that comes and goes, or changes its label'),
    changes: z.number().int().min(2).max(100).default(3).describe('how often, in that time'),
    withinS: z.number().min(0.1).max(3600).default(10),
    againS: z.number().min(0).max(3600).default(30).describe('the same track is not chosen again for so long'),
  }),
  z.strictObject({
    kind: z
      .literal('novelty')
      .describe('an answer that is unlike all that the stream is used to; it learns that by itself'),
    times: z.number().min(1).max(100).default(3).describe('how far, in usual distances from what is known'),
    againS: z.number().min(0).max(3600).default(60).describe('none is chosen again for so long'),
  }),
  z.strictObject({
    kind: z.literal('random').describe('analysed frames by chance: an unbiased sample, which tells the quality'),
    share: share.default(0.001).describe('of the analysed frames'),
  }),
]);
export type Selector = z.infer<typeof selector>;

const allowance = (samples: number, kB: number) =>
  z
    .strictObject({
      samples: z.number().int().min(0).max(1_000_000).default(samples),
      kB: z.number().min(0).max(1e9).default(kB).describe('kilobytes of pictures and their headers'),
    })
    .prefault({});

/** Never exceeded in any hour or day: a quarter may go at once, the rest comes back over the time. */
export const budget = z.strictObject({ perHour: allowance(120, 6000), perDay: allowance(1000, 50_000) });
export type Budget = z.infer<typeof budget>;

export const streamEscalation = z.strictObject({
  choose: z
    .array(selector)
    .min(1)
    .max(16)
    .prefault([{ kind: 'random' }, { kind: 'event' }])
    .describe('a frame is sent when one of these chooses it; what they are is in agent/escalate/README.md'),
  ...budget.shape,
  show: z
    .enum(['frame', 'region', 'crop'])
    .default('frame')
    .describe(
      'of an event with an object: the frame, the object with what surrounds it (three times its box), or close (one and a half)',
    ),
  side: z.number().int().min(64).max(1920).default(640).describe('longest side of the picture in pixels'),
  quality: z
    .number()
    .int()
    .min(10)
    .max(95)
    .optional()
    .describe('of the JPEG; default: 40 of the whole frame, 80 of a part of it, where verdicts need more'),
});
export type StreamEscalation = z.infer<typeof streamEscalation>;

/** Of the device, over all its streams. */
export const deviceEscalation = z.strictObject({
  ...budget.shape,
  queueMb: z.number().int().min(1).max(1024).default(8).describe('disk for what waits; taken from `buffer.quotaMb`'),
  deadlineS: z
    .number()
    .min(10)
    .max(604_800)
    .default(3600)
    .describe('what has waited for so long, while the agent ran, is not sent any more'),
});
export type DeviceEscalation = z.infer<typeof deviceEscalation>;
