/** Rollouts as the API takes and gives them. Times are ISO 8601 in UTC. */
import { z } from 'zod';
import { type DesiredModel, type DesiredStreams, digest, proofPolicy } from '../../shared/contract/messages/desired.ts';
import { candidatePhases, failureStages } from '../../shared/contract/messages/model-report.ts';
import { count, name } from '../../shared/contract/names.ts';
import { time } from './time.ts';

/** Both must hold: every label has one of the values, and the device is one of the list. Nothing said: every device. */
export const selector = z.strictObject({
  labels: z
    .record(name, z.union([z.string().min(1).max(128), z.array(z.string().min(1).max(128)).min(1).max(64)]))
    .optional(),
  devices: z.array(name).min(1).max(10_000).optional(),
});
export type Selector = z.infer<typeof selector>;

const share = z.number().min(0).max(1);

/** Devices up to and including this wave, as a share or a number; rounded up, at least one. */
export const wave = z
  .strictObject({
    percent: z.number().positive().max(100).optional(),
    devices: z.number().int().positive().optional(),
    soakS: z.number().min(0).max(2_592_000).default(600).describe('seconds that it must go well after the last device'),
  })
  .refine((w) => (w.percent === undefined) !== (w.devices === undefined), {
    error: 'needs `percent` or `devices`, one of them',
  });
export type Wave = z.infer<typeof wave>;

export const gates = z.strictObject({
  maxFailed: share.default(0).describe('share of the devices asked that may fail or not be done in time'),
  minAgreement: share.default(0.8).describe('of candidates with incumbents in shadow, over all frames'),
  maxErrorRate: share.default(0.01).describe('failed frames of all, since the model serves'),
  maxLatencyRatio: z
    .number()
    .positive()
    .max(100)
    .default(1.5)
    .describe(
      "time now over time before, median over devices: by the pairs of the shadow; without them by the latencies in service, less what the machine's load explains",
    ),
  drift: z
    .strictObject({
      test: z.enum(['psi', 'ks']).default('psi'),
      max: z.number().positive().max(10).default(0.25),
    })
    .default({ test: 'psi', max: 0.25 })
    .describe('distance of the scores now from those before'),
  maxDisagreement: share
    .default(0.05)
    .describe(
      "share of frames that chance chose on which it may disagree with the hub's model more often than the model before: the lower end of the interval counts",
    ),
  minOpinions: count
    .default(50)
    .describe('such frames, of both models each, below which disagreement is not judged; nothing waits for them'),
  minFrames: count.default(100).describe('frames of a wave below which nothing is judged, and the wave waits'),
});
export type Gates = z.infer<typeof gates>;

export const rolloutTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('model'),
    model: name.describe("entry of the devices' own `models` that should run it"),
    digest,
    proof: proofPolicy.default(() => proofPolicy.parse({})),
  }),
  z.strictObject({ kind: z.literal('streams'), revision: digest }),
]);
export type RolloutTarget = z.infer<typeof rolloutTarget>;

/** What a rollout changes on a device; two of the same may not run at once. */
export type Subject = `model:${string}` | 'streams';

/** The part of a desired document that a subject names. */
export type Part = DesiredModel | DesiredStreams;

export const rolloutPlan = z.strictObject({
  target: rolloutTarget,
  selector: selector.default({}),
  waves: z
    .array(wave)
    .min(1)
    .max(20)
    .default(() => [
      { percent: 1, soakS: 600 },
      { percent: 10, soakS: 600 },
      { percent: 50, soakS: 600 },
      { percent: 100, soakS: 0 },
    ])
    .refine((waves) => waves.at(-1)?.percent === 100, { error: 'the last wave must be 100 percent' }),
  gates: gates.default(() => gates.parse({})),
  quorum: share
    .default(0.5)
    .describe('share of a wave that must have succeeded before the next, while others are offline'),
  timeoutS: z
    .number()
    .min(1)
    .max(2_592_000)
    .default(86_400)
    .describe('an online device that is not done by then has failed'),
  onFailure: z.enum(['roll-back', 'pause']).default('roll-back'),
});
export type RolloutPlan = z.infer<typeof rolloutPlan>;

/** As an operator writes it: the package by name, with a version or an alias. */
export const newRollout = rolloutPlan.omit({ target: true }).extend({
  target: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('model'),
      model: name,
      package: z
        .string()
        .max(160)
        .regex(/^[a-z0-9_-]{1,64}(@[0-9A-Za-z.+-]{1,64}|:[a-z0-9_-]{1,64})$/, 'must be NAME@VERSION or NAME:ALIAS'),
      proof: proofPolicy.optional(),
    }),
    z.strictObject({ kind: z.literal('streams'), revision: digest }),
  ]),
  id: name.optional().describe('decides the order of the devices; given by the hub when absent'),
  dryRun: z.boolean().default(false).describe('only say which devices would come in which wave'),
});
export type NewRollout = z.infer<typeof newRollout>;

/** `running` and `paused` go on; the others are over. */
export const rolloutStatus = z.enum(['running', 'paused', 'done', 'aborted', 'rolled-back']);
export type RolloutStatus = z.infer<typeof rolloutStatus>;

export const gateNames = ['failed', 'agreement', 'error-rate', 'latency', 'drift', 'disagreement'] as const;
export type GateName = (typeof gateNames)[number];

export const gateResult = z.object({
  gate: z.enum(gateNames),
  state: z.enum(['ok', 'tripped', 'not judged']),
  value: z.number().optional(),
  limit: z.number(),
  reason: z.string(),
});
export type GateResult = z.infer<typeof gateResult>;

/** Where a device stands. `waiting`: not asked yet, or asked and not heard of; `offline` is said by the device itself. */
export const outcomeState = z.enum(['waiting', 'working', 'active', 'failed']);
export type OutcomeState = z.infer<typeof outcomeState>;

export const rollout = z.object({
  id: name,
  status: rolloutStatus,
  package: z.string().optional().describe('NAME@VERSION, of a model that is still registered'),
  plan: rolloutPlan,
  wave: z.number().int().min(-1).describe('index of the present wave, from 0; -1 before the first'),
  settledAt: time.optional().describe('since when the wave soaks'),
  devices: z.object({ waiting: count, working: count, active: count, failed: count }).describe('of those asked'),
  gates: z.array(gateResult).describe('as they were judged last'),
  waived: z.array(z.enum(gateNames)),
  reason: z.string().describe('of the last decision'),
  createdAt: time,
  createdBy: z.string(),
  changedAt: time,
});
export type Rollout = z.infer<typeof rollout>;

/** Where a device stands, and what it said of it. `standingText` makes a sentence of it. */
export const deviceProgress = z.object({
  outcome: outcomeState,
  phase: z.enum(candidatePhases).optional().describe('what it is at; of one that is late, what it was at'),
  stage: z
    .enum([...failureStages, 'streams', 'late'])
    .optional()
    .describe('where it failed; `streams`: it refused the streams, `late`: it was not done in time'),
  reason: z.string().describe("the device's own words; may be empty"),
});
export type DeviceProgress = z.infer<typeof deviceProgress>;

export const rolloutDevice = deviceProgress.extend({ device: name, wave: count, askedAt: time });
export type RolloutDevice = z.infer<typeof rolloutDevice>;

/** What was decided, by whom (`hub` on its own), and why. */
export const rolloutEvent = z.object({
  id: z.string(),
  at: time,
  actor: z.string(),
  action: z.string(),
  reason: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type RolloutEvent = z.infer<typeof rolloutEvent>;

/** What a dry run says: the devices of each wave, were it to begin now. */
export const rolloutPreview = z.object({
  id: name,
  waves: z.array(z.array(name)),
  warnings: z.array(z.string()).optional().describe('of a dry run: what would keep devices from doing what is asked'),
});
export type RolloutPreview = z.infer<typeof rolloutPreview>;
