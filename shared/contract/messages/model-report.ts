/**
 * Part of `up/report`: how far a device is with the models and streams that it should run. It says what is, not what
 * happened: a lost report costs nothing, the next says the same.
 *
 * Three slots a model: `active` answers, `candidate` is on its way to, `previous` is kept for the way back. The hub judges
 * a rollout by them: `active` with the digest asked for and no stream `awaited` is success, `failures` with it is failure,
 * anything else is waiting.
 */
import { z } from 'zod';
import { count, MAX_TEXT, name } from '../names.ts';
import { digest } from './desired.ts';

const reason = z.string().max(MAX_TEXT);

/** Times in milliseconds. */
export const latency = z.looseObject({ p50: z.number().nonnegative(), p95: z.number().nonnegative() });

/** Histogram of scores, ten equal bins over 0 to 1; of detections, best classes, or anomaly scores over twice their threshold. */
export const scoreHistogram = z.array(count).length(10);

/** Golden samples and measurements, done before the candidate sees a live frame. */
export const proofResult = z.looseObject({
  golden: z
    .looseObject({
      samples: count,
      passed: count,
      worst: reason.optional().describe('the sample that was furthest off: file, what was expected, what came'),
    })
    .describe('a package without golden samples has 0 of 0'),
  variants: z
    .array(
      z.looseObject({
        variant: z.string().max(32).describe('precision: fp32, fp16, int8'),
        digest: digest.describe('of the variant file'),
        latencyMs: latency.optional().describe('of an inference on this device; absent when it was not fit to run'),
        refused: reason.optional(),
      }),
    )
    .max(16),
  chosen: z.string().max(32).optional().describe('the variant that runs: the fastest that passed'),
});
export type ProofResult = z.infer<typeof proofResult>;

/**
 * The candidate beside the incumbent on the same live frames.
 *
 * `agreement`, 0 to 1, over all compared frames: for boxes the Dice coefficient 2·matched / (boxes of one + boxes of the
 * other), where a match has the same label and IoU ≥ 0.5, one to one; 1 when neither saw anything. For classes and
 * anomalies: the share of windows in which both say the same.
 */
export const shadowResult = z.looseObject({
  frames: count.describe('compared so far'),
  wanted: count,
  agreement: z.number().min(0).max(1),
  seen: count.describe('boxes, classes or windows that `agreement` stands on: of both, added up'),
  confidenceShift: z
    .number()
    .min(-1)
    .max(1)
    .describe("mean of the candidate's score less the incumbent's, over matches"),
  latencyMs: z.looseObject({ incumbent: latency, candidate: latency }),
  timeRatio: z
    .looseObject({
      pairs: count,
      median: z.number().nonnegative(),
      low: z.number().nonnegative(),
      high: z.number().nonnegative(),
    })
    .optional()
    .describe(
      "candidate's time over the incumbent's on the same frame, one right after the other; between `low` and `high` lies the median of all frames with 99.9 % confidence; absent: an older agent, or no frame that both answered",
    ),
  errors: z.looseObject({ incumbent: count, candidate: count }).describe('frames on which it failed'),
  scores: z.looseObject({ incumbent: scoreHistogram, candidate: scoreHistogram }),
});
export type ShadowResult = z.infer<typeof shadowResult>;

/** Which package: without a digest it is a folder of the device's own configuration, which the hub does not know. */
const identity = { name, version: z.string().max(64), digest: digest.optional() };

/** A model that answers, or did. Figures count from when it took over in this slot, over all streams that use it. */
export const slotReport = z.looseObject({
  ...identity,
  variant: z.string().max(32).optional(),
  serviceS: z.number().nonnegative().describe('seconds of service, by the monotonic clock, restarts added up'),
  frames: count.describe('analysed'),
  errors: count.describe('frames on which the model failed, and crashes of its runner'),
  latencyMs: latency.optional().describe('of a frame, decode to rules; absent before the first'),
  prepareMs: z
    .number()
    .nonnegative()
    .optional()
    .describe(
      'median time to decode and scale these frames: the same work with any model, so it tells how busy the machine was; absent: not pictures, or an older agent',
    ),
  scores: scoreHistogram.optional(),
  silent: z
    .array(name)
    .max(1024)
    .optional()
    .describe('of the active one: streams of it that it has not answered since it serves, or since the agent started'),
  awaited: z
    .array(name)
    .max(1024)
    .optional()
    .describe('those of which the one before gave answers up to the end, and this one has given none yet'),
  answered: count.optional().describe('of the active one: streams that it has answered since then'),
  proof: proofResult.optional().describe('how it got in'),
  shadow: shadowResult.optional(),
});
export type SlotReport = z.infer<typeof slotReport>;

/** In order. `waiting`: for disk space, network, or the hub's bytes; `reason` says for what. */
export const candidatePhases = ['waiting', 'downloading', 'verifying', 'proving', 'shadowing', 'swapping'] as const;

export const candidateReport = z.looseObject({
  ...identity,
  phase: z.enum(candidatePhases),
  progress: z.number().min(0).max(1).optional().describe('of this phase'),
  reason: reason.optional(),
  proof: proofResult.optional(),
  shadow: shadowResult.optional(),
});
export type CandidateReport = z.infer<typeof candidateReport>;

/**
 * Where a package failed. `desired`: it cannot be meant for this device; `trust`: the signed metadata does not name it, or is
 * not valid; `download`: the bytes cannot be had, have another digest, or find no space; `package`: refused by the parser;
 * `proof`: golden samples or no variant that runs; `shadow`: against its policy; `swap`: the new runner did not start;
 * `service`: it served, and was taken back by the device (crash loop, errors).
 */
export const failureStages = ['desired', 'trust', 'download', 'package', 'proof', 'shadow', 'swap', 'service'] as const;

/**
 * A package that this device has given up on. It does not try again while the desired document names the same digest, and
 * forgets the failure when it no longer does. A passing hindrance (network, disk) is no failure but the phase `waiting`.
 */
export const modelFailure = z.looseObject({
  ...identity,
  stage: z.enum(failureStages),
  reason,
  proof: proofResult.optional(),
  shadow: shadowResult.optional(),
});
export type ModelFailure = z.infer<typeof modelFailure>;

/** One entry of the device's `models`. */
export const modelReport = z.looseObject({
  active: slotReport.optional().describe('absent while nothing has answered yet'),
  candidate: candidateReport.optional(),
  previous: slotReport.optional(),
  failures: z.array(modelFailure).max(8).describe('newest last, one per digest; kept over restarts'),
});
export type ModelReport = z.infer<typeof modelReport>;

/** What became of the desired document. */
export const desiredReport = z.looseObject({
  revision: digest.describe('of the document last taken up'),
  streams: z
    .looseObject({
      revision: digest,
      state: z.enum(['applied', 'refused']),
      complaints: z
        .array(z.looseObject({ path: z.string().max(512), message: z.string().max(1024) }))
        .max(64)
        .describe('each wrong field; empty when applied'),
      awaited: z
        .array(name)
        .max(1024)
        .optional()
        .describe(
          'streams that the set brought, or changed while they gave results, and that have given nothing since',
        ),
    })
    .optional(),
});
export type DesiredReport = z.infer<typeof desiredReport>;
