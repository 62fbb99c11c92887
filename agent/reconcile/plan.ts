/**
 * What to do next so that the device comes to run what the document asks for. Pure: the same state gives the same steps; a
 * state that is as it should be gives none; a step that is done is not planned again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { DeviceState, ModelState, Slot } from './state.ts';

/** What a plan stands on. */
export interface Actual {
  readonly state: DeviceState;
  /** Names of the device's own models. */
  readonly known: readonly string[];
  /** Digests of packages that lie whole in the store. */
  readonly stored: ReadonlySet<string>;
  /** Something lies in the store that nobody needs, by the last look. */
  readonly hasGarbage: boolean;
}

export type Step =
  /** Check the hub's streams, and run them when they are good. */
  | { readonly kind: 'take-streams'; readonly revision: string }
  /** The hub names no streams any more: back to those of `agent.yaml`. */
  | { readonly kind: 'drop-streams' }
  /** A failure is forgotten when nobody asks for its package any more. */
  | { readonly kind: 'forget-failures'; readonly model: string; readonly keep: string | undefined }
  | { readonly kind: 'refuse'; readonly model: string; readonly package: DesiredModel; readonly reason: string }
  | { readonly kind: 'drop-candidate'; readonly model: string }
  /** A package becomes the candidate, or the terms for the one that is have changed. */
  | { readonly kind: 'begin'; readonly model: string; readonly package: DesiredModel }
  | { readonly kind: 'fetch'; readonly model: string; readonly package: DesiredModel }
  | { readonly kind: 'prove'; readonly model: string; readonly package: DesiredModel }
  | { readonly kind: 'shadow'; readonly model: string; readonly package: DesiredModel }
  /** The candidate takes over. */
  | { readonly kind: 'swap'; readonly model: string; readonly package: DesiredModel }
  /** What served before comes back at the hub's wish: it is here and has proven itself. */
  | { readonly kind: 'restore'; readonly model: string; readonly digest: string }
  /** The hub does not name the model any more: back to the package of `agent.yaml`. */
  | { readonly kind: 'go-home'; readonly model: string }
  /** The active package fails in service: the one before comes back without anybody's wish. */
  | { readonly kind: 'roll-back'; readonly model: string; readonly digest: string; readonly reason: string }
  /** Its probation is over. */
  | { readonly kind: 'confirm'; readonly model: string; readonly digest: string }
  | { readonly kind: 'collect' };

export const limits = {
  /** Crashes within the probation after which a package is taken back. */
  crashes: 3,
  /** Milliseconds of service that a probation lasts. */
  probationMs: 600_000,
  /** Frames that an error rate stands on. */
  frames: 50,
} as const;

export function plan({ state, known, stored, hasGarbage }: Actual): Step[] {
  const wanted = state.desired?.models ?? {};
  const models = new Set([...Object.keys(state.models), ...Object.keys(wanted)]);
  const steps = [...models].flatMap((id) =>
    planModel(id, state.models[id] ?? { failures: [] }, wanted[id], known.includes(id), stored),
  );
  const collect: Step[] = hasGarbage && !steps.some((s) => s.kind === 'swap') ? [{ kind: 'collect' }] : [];
  return [...planStreams(state), ...steps, ...collect];
}

function planStreams({ desired, streams, goodStreams }: DeviceState): Step[] {
  if (!desired) return [];
  const revision = desired.streams?.revision;
  if (revision === undefined) return streams || goodStreams ? [{ kind: 'drop-streams' }] : [];
  return streams?.revision === revision ? [] : [{ kind: 'take-streams', revision }];
}

/** At most one step a model: what comes after it depends on how it ends. */
function planModel(
  model: string,
  state: ModelState,
  wanted: DesiredModel | undefined,
  isKnown: boolean,
  stored: ReadonlySet<string>,
): Step[] {
  const { active, previous, candidate, failures } = state;
  const failed = (digest: string | undefined) => digest !== undefined && failures.some((f) => f.digest === digest);

  const unfit = active && reasonAgainst(active);
  if (active?.digest !== undefined && unfit !== undefined)
    return [{ kind: 'roll-back', model, digest: active.digest, reason: unfit }];
  if (active?.digest !== undefined && active.probation && active.serviceMs >= limits.probationMs)
    return [{ kind: 'confirm', model, digest: active.digest }];
  if (failures.some((f) => f.digest !== wanted?.digest))
    return [{ kind: 'forget-failures', model, keep: wanted?.digest }];

  const useless = candidate && (candidate.package.digest !== wanted?.digest || failed(wanted?.digest));
  if (useless) return [{ kind: 'drop-candidate', model }];
  if (!wanted) return active?.digest === undefined ? [] : [{ kind: 'go-home', model }];
  if (failed(wanted.digest)) return [];
  if (!isKnown) {
    const reason = `agent.yaml has no model "${model}"`;
    return [{ kind: 'refuse', model, package: wanted, reason }];
  }
  if (active?.digest === wanted.digest) return candidate ? [{ kind: 'drop-candidate', model }] : [];
  if (previous?.digest === wanted.digest && stored.has(wanted.digest))
    return [{ kind: 'restore', model, digest: wanted.digest }];

  if (!isDeepStrictEqual(candidate?.package, wanted)) return [{ kind: 'begin', model, package: wanted }];
  const of = { model, package: wanted };
  if (!stored.has(wanted.digest)) return [{ kind: 'fetch', ...of }];
  if (!candidate?.proof) return [{ kind: 'prove', ...of }];
  if (!candidate.shadow && wanted.proof.shadowFrames > 0) return [{ kind: 'shadow', ...of }];
  return [{ kind: 'swap', ...of }];
}

/** Why a package on probation must go; undefined while it may stay. */
function reasonAgainst({ probation, frames, errors }: Slot): string | undefined {
  if (!probation) return undefined;
  if (probation.crashes >= limits.crashes) return `its runner ended ${probation.crashes} times since it took over`;
  const total = frames + errors;
  const failing = errors - probation.crashes;
  if (total < limits.frames || failing <= probation.maxErrorRate * total) return undefined;
  return `it failed on ${failing} of ${total} frames since it took over`;
}
