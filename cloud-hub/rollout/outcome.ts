/** Where a device stands with what a rollout asks of it, read out of its report. Pure. */
import type {
  CandidateReport,
  ModelFailure,
  ModelReport,
  ShadowResult,
  SlotReport,
} from '../../shared/contract/messages/model-report.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import { clipped } from '../../shared/contract/names.ts';
import type { DeviceProgress, RolloutTarget } from '../contract/rollout.ts';

/** What a model did since it serves, and what the one before did. */
export interface Figures {
  readonly frames: number;
  readonly errors: number;
  /** Of a frame, decode to rules, in milliseconds. */
  readonly latency?: SlotReport['latencyMs'];
  readonly latencyBefore?: SlotReport['latencyMs'];
  /** Median time to decode and scale these frames: the same work with any model. */
  readonly prepare?: number | undefined;
  readonly prepareBefore?: number | undefined;
  readonly scores?: readonly number[] | undefined;
  readonly scoresBefore?: readonly number[] | undefined;
}

export type Outcome =
  | { readonly state: 'waiting' }
  | {
      readonly state: 'working';
      readonly phase: CandidateReport['phase'];
      /** What it waits for. */
      readonly reason?: string | undefined;
      readonly shadow?: ShadowResult | undefined;
      /** It serves already, and has not answered each stream that was answered before. */
      readonly figures?: Figures;
      /** No stream of it gives anything, and none did before: the device can neither succeed nor be late. */
      readonly mute?: true;
    }
  | {
      readonly state: 'active';
      readonly figures?: Figures;
      readonly shadow?: ShadowResult | undefined;
      /** Streams that gave nothing before, and give nothing now. */
      readonly silent?: readonly string[];
    }
  | {
      readonly state: 'failed';
      readonly stage: ModelFailure['stage'] | 'streams';
      readonly reason: string;
      readonly shadow?: ShadowResult | undefined;
    };

/**
 * @param asked revision of the desired document that asks for it: what the device said before it took that one up is about
 * something else
 */
export function outcomeOf(target: RolloutTarget, asked: string, report: Report | undefined): Outcome {
  if (report?.desired?.revision !== asked) return { state: 'waiting' };
  if (target.kind === 'streams') return streamsOutcome(target.revision, report);
  return modelOutcome(target.digest, report.models?.[target.model]);
}

/**
 * Where a device stands, as it is kept and told.
 * @param late it was not done in time: it counts as failed, and may come to itself later
 */
export function progressOf(outcome: Outcome, late: boolean): DeviceProgress {
  const { state } = outcome;
  return {
    outcome: late ? 'failed' : state,
    ...(state === 'working' ? { phase: outcome.phase } : {}),
    ...(late ? { stage: 'late' as const } : state === 'failed' ? { stage: outcome.stage } : {}),
    reason: clipped('reason' in outcome ? (outcome.reason ?? '') : ''),
  };
}

function streamsOutcome(revision: string, { desired }: Report): Outcome {
  const streams = desired?.streams;
  if (streams?.revision !== revision) return { state: 'waiting' };
  if (streams.state === 'applied') {
    const { awaited = [] } = streams;
    return awaited.length === 0 ? { state: 'active' } : waitingFor(awaited, 'gave nothing since the set took over');
  }
  const reason = streams.complaints.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return { state: 'failed', stage: 'streams', reason: reason || 'refused without a reason' };
}

function modelOutcome(digest: string, model: ModelReport | undefined): Outcome {
  if (!model) return { state: 'waiting' };
  const failure = model.failures.findLast((f) => f.digest === digest);
  // A device that took the model back says so even while an older slot of it is still named.
  if (failure) return { state: 'failed', stage: failure.stage, reason: failure.reason, shadow: failure.shadow };
  const { active, candidate, previous } = model;
  if (active?.digest === digest) {
    return serving(active, previous);
  }
  if (candidate?.digest === digest) {
    const { phase, reason, shadow } = candidate;
    return { state: 'working', phase, ...(reason === undefined ? {} : { reason }), shadow };
  }
  return { state: 'waiting' };
}

/** It has taken over. An older agent does not say which streams it has answered. */
function serving(active: SlotReport, previous: SlotReport | undefined): Outcome {
  const { awaited = [], silent = [], answered = 0, shadow } = active;
  const facts = { figures: figuresOf(active, previous), shadow };
  if (awaited.length > 0) return { ...waitingFor(awaited, 'got no answer since it took over'), ...facts };
  if (silent.length === 0) return { state: 'active', ...facts };
  if (answered > 0 || active.frames > 0) return { state: 'active', ...facts, silent };
  return { ...waitingFor(silent, 'gave nothing before, and give nothing now'), ...facts, mute: true };
}

function waitingFor(streams: readonly string[], what: string): Extract<Outcome, { state: 'working' }> {
  return { state: 'working', phase: 'swapping', reason: `${namesOf(streams)} ${what}` };
}

const NAMES_SHOWN = 5;

function namesOf(streams: readonly string[]): string {
  const shown = streams.slice(0, NAMES_SHOWN).join(', ');
  const rest = streams.length - NAMES_SHOWN;
  return `${streams.length === 1 ? 'stream' : 'streams'} ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Of the time before, the shadow's own figures are the best: the same frames. */
function figuresOf(active: SlotReport, previous: SlotReport | undefined): Figures {
  return {
    frames: active.frames,
    errors: active.errors,
    latency: active.latencyMs,
    latencyBefore: previous?.latencyMs,
    prepare: active.prepareMs,
    prepareBefore: previous?.prepareMs,
    scores: active.scores,
    scoresBefore: previous?.scores ?? active.shadow?.scores.incumbent,
  };
}
