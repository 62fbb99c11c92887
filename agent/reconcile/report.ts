/** The device's models and the desired document, as `up/report` tells them. Pure. */
import type { DesiredReport, ModelReport, SlotReport } from '../../shared/contract/messages/model-report.ts';
import type { DeviceState, Slot } from './state.ts';
import type { CandidateProgress } from './step-parts.ts';

export interface ModelsReport {
  readonly models: Record<string, ModelReport>;
  readonly desired?: DesiredReport;
}

/** Of a model: the streams that it shall answer, and those that its active package has answered. */
export interface Served {
  readonly streams: readonly string[];
  readonly answered: ReadonlySet<string>;
}

/** @param candidateProgress by model */
export function reportOf(
  state: DeviceState,
  candidateProgress: ReadonlyMap<string, CandidateProgress>,
  servedOf: (model: string) => Served,
): ModelsReport {
  const models: Record<string, ModelReport> = {};
  for (const [id, { active, previous, candidate, failures }] of Object.entries(state.models)) {
    const progress = candidateProgress.get(id) ?? { phase: 'waiting' as const };
    models[id] = {
      ...(active ? { active: { ...slotReport(active), ...answersReport(active, servedOf(id)) } } : {}),
      ...(candidate
        ? {
            candidate: {
              name: candidate.package.name,
              version: candidate.package.version,
              digest: candidate.package.digest,
              ...(candidate.proof ? { proof: candidate.proof } : {}),
              ...(candidate.shadow ? { shadow: candidate.shadow } : {}),
              ...progress,
            },
          }
        : {}),
      ...(previous ? { previous: slotReport(previous) } : {}),
      failures: [...failures],
    };
  }
  if (!state.desired) return { models };
  const { streams } = state;
  return { models, desired: { revision: state.desired.revision, ...(streams ? { streams } : {}) } };
}

function answersReport({ awaited = [] }: Slot, { streams, answered }: Served) {
  return {
    silent: streams.filter((stream) => !answered.has(stream)),
    // Those that are gone are waited for no more.
    awaited: awaited.filter((stream) => streams.includes(stream) && !answered.has(stream)),
    answered: streams.filter((stream) => answered.has(stream)).length,
  };
}

function slotReport({ serviceMs, latencyMs, frames, probation: _p, awaited: _a, ...rest }: Slot): SlotReport {
  return { ...rest, frames, serviceS: Math.round(serviceMs / 1000), ...(latencyMs && frames > 0 ? { latencyMs } : {}) };
}
