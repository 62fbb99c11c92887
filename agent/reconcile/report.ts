/** The device's models and the desired document, as `up/report` tells them. Pure. */
import type { DesiredReport, ModelReport, SlotReport } from '../../shared/contract/messages/model-report.ts';
import type { Standing } from './executors.ts';
import type { DeviceState, Slot } from './state.ts';

export interface Told {
  readonly models: Record<string, ModelReport>;
  readonly desired?: DesiredReport;
}

/** @param standings how far candidates are, by model */
export function reportOf(state: DeviceState, standings: ReadonlyMap<string, Standing>): Told {
  const models: Record<string, ModelReport> = {};
  for (const [id, { active, previous, candidate, failures }] of Object.entries(state.models)) {
    const standing = standings.get(id) ?? { phase: 'waiting' as const };
    models[id] = {
      ...(active ? { active: slotReport(active) } : {}),
      ...(candidate
        ? {
            candidate: {
              name: candidate.package.name,
              version: candidate.package.version,
              digest: candidate.package.digest,
              ...(candidate.proof ? { proof: candidate.proof } : {}),
              ...(candidate.shadow ? { shadow: candidate.shadow } : {}),
              ...standing,
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

function slotReport({ serviceMs, latencyMs, frames, probation: _probation, ...rest }: Slot): SlotReport {
  return { ...rest, frames, serviceS: Math.round(serviceMs / 1000), ...(latencyMs && frames > 0 ? { latencyMs } : {}) };
}
