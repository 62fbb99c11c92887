/** What the steps work with. */

import type { DesiredModel } from '../../shared/contract/messages/desired.ts';
import type { CandidateReport, ModelFailure } from '../../shared/contract/messages/model-report.ts';
import { clipped } from '../../shared/contract/names.ts';
import type { Refusal, Stage } from '../models/outcome.ts';
import type { Store } from '../models/store.ts';
import type { Tools } from '../models/tools.ts';
import type { Answers } from './answers.ts';
import type { Fleet } from './fleet.ts';
import type { Service } from './service.ts';
import type { ModelState, StateFile } from './state.ts';

/** How far a candidate is; nothing of it has to survive. */
export type CandidateProgress = Pick<CandidateReport, 'phase' | 'progress' | 'reason' | 'shadow'>;

export interface StepParts {
  readonly state: StateFile;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly service: Service;
  readonly tools: Tools;
  readonly answers: Answers;
  /** Does this stream give answers now? */
  isAnswering(stream: string): boolean;
  /** The agent ends, and its runners with it: what fails now says nothing of a package. */
  stopping(): boolean;
  /** Adds the figures of all slots, up to now, to the state. */
  checkpoint(): void;
  /** @param progress undefined: there is no candidate any more */
  setProgress(model: string, progress: CandidateProgress | undefined): void;
  /** A person should know. */
  announce(message: string): void;
  /** A package was given up, or taken back. */
  onFailure(model: string, failure: ModelFailure): void;
}

const MOST_FAILURES = 8;

export function modelOf({ state }: Pick<StepParts, 'state'>, id: string): ModelState {
  return state.state.models[id] ?? { failures: [] };
}

/** The candidate goes; the failure is kept and reported. */
export function failCandidate(
  parts: Pick<StepParts, 'state' | 'setProgress' | 'onFailure'>,
  id: string,
  wanted: DesiredModel,
  stage: Stage,
  reason: string,
  findings: Refusal['findings'] = {},
): void {
  const { name, version, digest } = wanted;
  const { candidate, failures, ...rest } = modelOf(parts, id);
  const failure: ModelFailure = {
    name,
    version,
    digest,
    stage,
    reason: clipped(reason),
    ...(candidate?.proof ? { proof: candidate.proof } : {}),
    ...findings,
  };
  parts.state.setModel(id, () => ({
    ...rest,
    failures: [...failures.filter((f) => f.digest !== digest), failure].slice(-MOST_FAILURES),
  }));
  parts.setProgress(id, undefined);
  parts.onFailure(id, failure);
}
