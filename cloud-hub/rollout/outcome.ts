/** Where a device stands with what a rollout asks of it, read out of its report. Pure. */
import type {
  CandidateReport,
  ModelFailure,
  ModelReport,
  ShadowResult,
  SlotReport,
} from '../../shared/contract/messages/model-report.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import type { RolloutTarget } from '../api/schemas/rollout.ts';

/** What a model did since it serves, and what the one before did. */
export interface Figures {
  readonly frames: number;
  readonly errors: number;
  readonly p95?: number | undefined;
  readonly p95Before?: number | undefined;
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
    }
  | { readonly state: 'active'; readonly figures?: Figures; readonly shadow?: ShadowResult | undefined }
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

/** Why a device stands where it stands, as far as it has said: `STAGE: REASON` of a failure, `PHASE` or `PHASE: REASON` of work. */
export function describeOutcome(outcome: Outcome): string {
  if (outcome.state === 'failed') return `${outcome.stage}: ${outcome.reason}`;
  if (outcome.state !== 'working') return '';
  return outcome.reason === undefined ? outcome.phase : `${outcome.phase}: ${outcome.reason}`;
}

/** Why a device that was not done in time counts as failed. */
export function describeLate(outcome: Outcome): string {
  const last = describeOutcome(outcome);
  return `not done in time; ${last === '' ? 'it has not taken up what it was asked' : `its last word is ${last}`}`;
}

function streamsOutcome(revision: string, { desired }: Report): Outcome {
  const streams = desired?.streams;
  if (streams?.revision !== revision) return { state: 'waiting' };
  if (streams.state === 'applied') return { state: 'active' };
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
    return { state: 'active', figures: figuresOf(active, previous), shadow: active.shadow };
  }
  if (candidate?.digest === digest) {
    const { phase, reason, shadow } = candidate;
    return { state: 'working', phase, ...(reason === undefined ? {} : { reason }), shadow };
  }
  return { state: 'waiting' };
}

/** Of the time before, the shadow's own figures are the best: the same frames. */
function figuresOf(active: SlotReport, previous: SlotReport | undefined): Figures {
  return {
    frames: active.frames,
    errors: active.errors,
    p95: active.latencyMs?.p95,
    p95Before: previous?.latencyMs?.p95,
    scores: active.scores,
    scoresBefore: previous?.scores ?? active.shadow?.scores.incumbent,
  };
}
