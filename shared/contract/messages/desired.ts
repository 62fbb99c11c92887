/**
 * `down/desired` (retained): what a device should run. One whole document, never a change: the newest received replaces the
 * one before.
 *
 * Clauses:
 * 1. `revision` is a digest of the content: the same revision says the same. A device reports the revision that it has taken
 *    up (`report.desired`), so a hub that restarts or repeats itself costs nothing.
 * 2. `models` names, for each entry of the device's own `models` (what a stream's `model` names), the package that it should
 *    run. An entry that is not named here runs the package that the device's own configuration gives: to be named no more
 *    is the way back. A name that the device does not have is reported as a failure of stage `desired`.
 * 3. A package is named by the digest of its `.tar.gz`. The name says what to fetch, never that it may be trusted: before
 *    use the device looks `target` up in the signed metadata (shared/trust) and refuses unless its digest and length are the
 *    same as here, and the manifest inside has this `name` and `version`.
 * 4. `streams`, when present, replaces `streams` of the device's own configuration as a whole; when absent these hold. Each
 *    stream is checked by `streamConfig` on both sides. A document with a wrong stream changes no stream: the last good
 *    set runs on, and the report says each wrong field by its path.
 * 5. `erase` names what shall be erased (erase.ts); it holds whether the rest can be carried out or not.
 * 6. A document that does not pass its schema changes nothing.
 * 7. `normal`, when present, is all that people have said of the device's anomalies. Its online detectors learn from those of their streams,
 *    each once; the others are for who trains a model. A device that does not know the event any more leaves it.
 * 8. `thresholds`, when present, names streams whose score floors were tuned: `labels` hold instead of the stream's own `threshold` from
 *    the next frame on, without a restart, as long as the stream runs `model`: the scores of another one mean something else.
 *    A stream that the device does not have is left. Other keys of an entry are the hub's own notes.
 */
import { z } from 'zod';
import { count, name } from '../names.ts';
import { labelThresholds } from '../thresholds.ts';
import { eraseOrder, MAX_ERASE_ORDERS } from './erase.ts';

/** `sha256:` and 64 hex digits. */
export const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits');

/** Path of a package in the signed metadata: `NAME/VERSION.tar.gz`. */
export function targetPathOf(model: { readonly name: string; readonly version: string }): string {
  return `${model.name}/${model.version}.tar.gz`;
}

/** One immutable version of a model package. */
export const packageRef = z.looseObject({
  name,
  version: z.string().min(1).max(64),
  digest: digest.describe('of the .tar.gz'),
});
export type PackageRef = z.infer<typeof packageRef>;

/**
 * What a candidate has to show on the device before it serves. The device decides by it on its own, without a hub; each
 * failure is reported with its stage. Zero frames: no shadow.
 */
export const proofPolicy = z.strictObject({
  shadowFrames: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .default(200)
    .describe('live frames on which the candidate runs beside the incumbent'),
  shadowTimeoutS: z
    .number()
    .min(1)
    .max(604_800)
    .default(3600)
    .describe(
      'give up when the frames have not come by then; what was compared decides, at least a tenth of the frames',
    ),
  minAgreement: z.number().min(0).max(1).default(0.8).describe('see `shadow.agreement` of the report'),
  maxLatencyRatio: z
    .number()
    .positive()
    .max(100)
    .default(1.5)
    .describe("candidate's time over the incumbent's on the same frame: median, once it is surely above 1"),
  maxErrorRate: z.number().min(0).max(1).default(0.01).describe('failed frames of all compared'),
});
export type ProofPolicy = z.infer<typeof proofPolicy>;

export const desiredModel = packageRef.extend({
  bytes: count.describe('length of the .tar.gz'),
  target: z.string().min(1).max(160).describe('path in the signed metadata'),
  rollout: z.string().max(64).optional().describe('which rollout asks for it; the device only repeats it'),
  proof: proofPolicy.default(() => proofPolicy.parse({})),
});
export type DesiredModel = z.infer<typeof desiredModel>;

export const desiredStreams = z.looseObject({
  revision: digest.describe('of the canonical JSON of `streams`'),
  rollout: z.string().max(64).optional(),
  /** Each is a `streamConfig`; checked one by one, so that a complaint can name its field. */
  streams: z.record(name, z.unknown()),
});
export type DesiredStreams = z.infer<typeof desiredStreams>;

/** The oldest are forgotten. */
export const MOST_NORMAL = 256;

/** Somebody says that an anomaly was none. */
export const normal = z.looseObject({
  event: z.string().min(1).max(32).describe("the hub's id of the event"),
  stream: name,
  wall: z.number().describe("of the event: the device's wall clock, milliseconds since 1970"),
});
export type Normal = z.infer<typeof normal>;

export const tunedThresholds = z.looseObject({
  model: z.string().max(160).optional().describe('name@version that they were tuned for; absent: none hold'),
  labels: labelThresholds,
});
export type TunedThresholds = z.infer<typeof tunedThresholds>;

export const desired = z.looseObject({
  revision: digest,
  models: z.record(name, desiredModel),
  streams: desiredStreams.optional(),
  erase: z.array(eraseOrder).max(MAX_ERASE_ORDERS).optional().describe('orders that the device has not answered yet'),
  normal: z.array(normal).max(MOST_NORMAL).optional(),
  thresholds: z.record(name, tunedThresholds).optional().describe('by stream'),
});
export type Desired = z.infer<typeof desired>;
